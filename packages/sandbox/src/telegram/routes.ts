import { type Context, Hono } from "hono";
import type { SandboxParts } from "../deps.ts";
import { okResponse, Refusal, refusalResponse } from "./responses.ts";
import { readCall } from "./call.ts";
import { createMessageIds } from "./chats.ts";
import { concerns, faultResponse, isTaken } from "./faults.ts";
import { createFiles } from "./files.ts";
import { carryOut } from "./methods.ts";
import { type Bot, botOf } from "./tokens.ts";

/** The Bot API: `/bot<token>/<method>`, and files at `/file/bot<token>/<path>`. */
export function telegramRoutes(parts: SandboxParts): Hono {
  const { now, faults, requests } = parts;
  const files = createFiles();
  const ids = createMessageIds(now);

  /** The bot that calls; the request is kept without its token. Throws {@link Refusal}. */
  const caller = (c: Context, place: string): Bot => {
    const bot = botOf(c.req.param("bot")?.slice("bot".length) ?? "");
    const known = "name" in bot;
    requests.record(c.req.method, `http://sandbox/telegram/${known ? bot.name : "unknown"}/${place}`, known);
    if (!known) throw new Refusal(bot);
    return bot;
  };

  const telegram = new Hono();
  telegram.get("/file/:bot{bot[^/]+}/:path{.+}", async (c) => {
    const path = c.req.param("path");
    const call = { method: "download", parameters: { path }, files: new Map<string, File>() };
    const bot = caller(c, "file");
    const fault = faults.take({ api: "telegram", bot: bot.name, method: call.method }, concerns(call), () => path);
    if (fault !== undefined) return faultResponse(fault, call, c.req.raw.signal);
    const file = files.at(path);
    if (!file) return refusalResponse({ status: 404, description: "Not Found" });
    return new Response(Buffer.from(file.bytes), { headers: { "content-type": "application/octet-stream" } });
  });
  telegram.on(["GET", "POST"], "/:bot{bot[^/]+}/:method", async (c) => {
    const bot = caller(c, c.req.param("method"));
    const call = await readCall(c);
    const facts = { api: "telegram", bot: bot.name, method: call.method, chatId: chatIdOf(call.parameters["chat_id"]) };
    const subject = () => `${call.method} ${JSON.stringify(call.parameters)}`;
    const fault = faults.take(facts, concerns(call), subject);
    if (fault !== undefined && !isTaken(fault)) return faultResponse(fault, call, c.req.raw.signal);
    const result = await carryOut(call, { ...parts, bot, ids, files, fault });
    return fault === undefined ? okResponse(result) : faultResponse(fault, call, c.req.raw.signal);
  });
  telegram.all("/*", () => refusalResponse({ status: 404, description: "Not Found" }));
  telegram.onError((error) => {
    if (error instanceof Refusal) return refusalResponse(error.error);
    throw error;
  });
  return telegram;
}

function chatIdOf(given: unknown): string | undefined {
  return typeof given === "string" || typeof given === "number" ? String(given) : undefined;
}
