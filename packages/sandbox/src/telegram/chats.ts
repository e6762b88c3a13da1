import { createHash } from "node:crypto";
import type { Now } from "@millrace/core";
import type { RateLimit, RateLimitUse } from "../rate-limits/rate-limiter.ts";
import { badRequest } from "./responses.ts";
import type { Bot } from "./tokens.ts";

/** The chat of a message. */
export type Chat = { id: number; type: "private" | "group" | "supergroup"; [name: string]: unknown };

/** Telegram documents these averages without bursts. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
const PER_CHAT: RateLimit = { name: "telegram chat", intervalMs: 1000, burst: 5 };
const PER_GROUP: RateLimit = { name: "telegram group", intervalMs: 3000, burst: 20 };
const PER_BOT: RateLimit = { name: "telegram bot", intervalMs: 1000 / 30, burst: 30 };

/** Returns the chat of a `chat_id`: a number other than 0, or `@name`. Throws TelegramApiError. */
export function chatOf(chatId: unknown): Chat {
  const text = typeof chatId === "number" || typeof chatId === "string" ? String(chatId) : "";
  if (text === "") throw badRequest("chat_id is empty");
  if (/^@[A-Za-z]\w{3,}$/.test(text)) {
    const id = -1_000_000_000_000 - createHash("sha256").update(text.toLowerCase()).digest().readUInt32BE();
    return { id, type: "supergroup", title: text.slice(1), username: text.slice(1) };
  }
  const id = /^-?\d{1,16}$/.test(text) ? Number(text) : 0;
  if (id === 0) throw badRequest("chat not found");
  if (id > 0) return { id, type: "private", first_name: "Sample person" };
  return { id, type: id < -1_000_000_000_000 ? "supergroup" : "group", title: "Sample group" };
}

/** Returns the rate limits that a message counts against. */
export function rateLimitUsesOf(bot: Bot, chat: Chat): RateLimitUse[] {
  const key = `${bot.name} ${chat.id}`;
  const group = chat.type === "private" ? [] : [{ limit: PER_GROUP, key }];
  return [{ limit: PER_BOT, key: bot.name }, { limit: PER_CHAT, key }, ...group];
}

/** Assigns message ids, which are consecutive in each chat. */
export type MessageIds = { next(bot: Bot, chat: Chat): number };

/** Creates {@link MessageIds} that begin at the start time in seconds, so that the ids of a restarted sandbox are different. */
export function createMessageIds(now: Now): MessageIds {
  const first = Math.floor((now().getTime() - Date.UTC(2026, 0)) / 1000);
  const last = new Map<string, number>();
  return {
    next({ name }, { id }) {
      const key = `${name} ${id}`;
      const next = (last.get(key) ?? first) + 1;
      last.set(key, next);
      return next;
    },
  };
}
