import {
  eventId,
  parseJsonBody,
  type RawRequest,
  secretsEqual,
  type ParsedEvent,
  unreadable,
  type Webhook,
} from "@millrace/core";
import { idOf, isObject } from "../../shared/json-value.ts";
import type { BotSecret, WebhookConfig } from "../config.ts";
import { UPDATE_KINDS } from "./update-schema.ts";

/** Where Telegram posts to, the canonical path first; in the second the secret is part of the URL. */
export const TELEGRAM_PATHS = ["/api/integrations/telegram/webhook", "/api/webhooks/telegram/:secret"] as const;

/** The header that carries the secret given to setWebhook: https://core.telegram.org/bots/api#setwebhook */
export const SECRET_HEADER = "x-telegram-bot-api-secret-token";

/** Telegram names no limit. Texts end at 4,096 characters, but a message holds the one it answers, whole. */
const MAX_BODY_BYTES = 1024 * 1024;

/** The face of Telegram. It signs nothing: a shared secret is all there is to check. */
export function telegramWebhook({ secrets }: WebhookConfig): Webhook {
  return {
    paths: TELEGRAM_PATHS,
    maxBodyBytes: MAX_BODY_BYTES,
    authenticate: (request) => botOf(request, secrets) !== undefined,
    parse: (request) => [splitTelegram(request, secrets)],
  };
}

/** The bot whose secret the request carries. Undefined unless every secret in it, path and header, is that bot's. */
function botOf({ params, headers }: RawRequest, secrets: readonly BotSecret[]): string | undefined {
  const given = [params["secret"], headers[SECRET_HEADER]].filter((secret) => secret !== undefined);
  const [bot, ...others] = given.map((text) => secrets.find(({ secret }) => secretsEqual(text, secret))?.bot);
  return others.every((other) => other === bot) ? bot : undefined;
}

/**
 * A request holds one update: https://core.telegram.org/bots/api#update. Its id counts per bot, so the bot is part of
 * the event's.
 */
function splitTelegram(request: RawRequest, secrets: readonly BotSecret[]): ParsedEvent {
  const parsed = parseJsonBody(request.body);
  if (!parsed.ok) return unreadable(parsed.reason, parsed.raw);
  const update = parsed.value;
  if (!isObject(update)) return unreadable("not an object", update);
  const updateId = idOf(update["update_id"]);
  if (updateId === undefined || !/^\d{1,18}$/.test(updateId)) return unreadable("no update_id", update);
  const bot = botOf(request, secrets);
  if (bot === undefined) return unreadable("no bot has this secret", update);
  const kind = UPDATE_KINDS.find((name) => update[name] !== undefined && update[name] !== null) ?? "update";
  return { id: eventId("update", bot, updateId), kind, payload: { bot, update } };
}
