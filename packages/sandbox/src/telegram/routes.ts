import { type Context, Hono } from "hono";
import type { SandboxDeps } from "../deps.ts";
import { okResponse, TelegramApiError, errorResponse } from "./responses.ts";
import { readCall } from "./call.ts";
import { createMessageIds } from "./chats.ts";
import { appliesToCall, faultResponse, isAccepted } from "./faults.ts";
import { createFiles } from "./files.ts";
import { callMethod } from "./methods.ts";
import { type Bot, botOf } from "./tokens.ts";
import { createWebhooks } from "./webhooks.ts";

/** The routes of the Bot API: `/bot<token>/<method>`, and files at `/file/bot<token>/<path>`. */
export function telegramRoutes(deps: SandboxDeps): Hono {
  const { now, faults, requests } = deps;
  const files = createFiles();
  const ids = createMessageIds(now);
  const webhooks = createWebhooks(now);

  /** Logs a request without its token and returns its bot. Throws {@link TelegramApiError}. */
  const authenticate = (c: Context, path: string): Bot => {
    const bot = botOf(c.req.param("bot")?.slice("bot".length) ?? "");
    const authenticated = "name" in bot;
    requests.record(
      c.req.method,
      `http://sandbox/telegram/${authenticated ? bot.name : "unknown"}/${path}`,
      authenticated,
    );
    if (!authenticated) throw new TelegramApiError(bot);
    return bot;
  };

  const telegram = new Hono();
  telegram.get("/file/:bot{bot[^/]+}/:path{.+}", async (c) => {
    const path = c.req.param("path");
    const call = { method: "download", parameters: { path }, files: new Map<string, File>() };
    const bot = authenticate(c, "file");
    const fault = faults.take({ api: "telegram", bot: bot.name, method: call.method }, appliesToCall(call), () => path);
    if (fault !== undefined) return faultResponse(fault, call, c.req.raw.signal);
    const file = files.read(path);
    if (!file) return errorResponse({ status: 404, description: "Not Found" });
    return new Response(Buffer.from(file.bytes), { headers: { "content-type": "application/octet-stream" } });
  });
  telegram.on(["GET", "POST"], "/:bot{bot[^/]+}/:method", async (c) => {
    const bot = authenticate(c, c.req.param("method"));
    const call = await readCall(c);
    const facts = { api: "telegram", bot: bot.name, method: call.method, chatId: chatIdOf(call.parameters["chat_id"]) };
    const subject = () => `${call.method} ${JSON.stringify(call.parameters)}`;
    const fault = faults.take(facts, appliesToCall(call), subject);
    if (fault !== undefined && !isAccepted(fault)) return faultResponse(fault, call, c.req.raw.signal);
    const result = await callMethod(call, { ...deps, bot, ids, files, webhooks, fault });
    return fault === undefined ? okResponse(result) : faultResponse(fault, call, c.req.raw.signal);
  });
  telegram.all("/*", () => errorResponse({ status: 404, description: "Not Found" }));
  telegram.onError((error) => {
    if (error instanceof TelegramApiError) return errorResponse(error.error);
    throw error;
  });
  return telegram;
}

function chatIdOf(chatId: unknown): string | undefined {
  return typeof chatId === "string" || typeof chatId === "number" ? String(chatId) : undefined;
}
