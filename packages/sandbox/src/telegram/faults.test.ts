import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../app.ts";
import { telegramClient } from "./test-client.ts";

let ms = Date.UTC(2026, 10, 20, 10);
let app: Hono;

beforeEach(() => {
  app = createSandboxApp({ now: () => new Date(ms) });
});

const { call, sent, addFault } = telegramClient(() => app);

test("a call above a rate limit is rejected with the seconds to wait", async () => {
  const retryAfter = async (chatId: number, count: number) => {
    const responses = [];
    for (let index = 0; index < count; index++)
      responses.push(await call("sendMessage", { chat_id: chatId, text: "x" }));
    return responses.at(-1)?.body;
  };
  expect((await retryAfter(5, 5))?.ok).toBe(true);
  expect(await retryAfter(5, 1)).toEqual({
    ok: false,
    error_code: 429,
    description: "Too Many Requests: retry after 1",
    parameters: { retry_after: 1 },
  });
  for (let second = 0; second < 20; second++) {
    ms += 1000;
    expect((await retryAfter(-5, 1))?.ok).toBe(true);
  }
  const group = [];
  for (let second = 0; second < 20; second++) {
    ms += 1000;
    group.push((await retryAfter(-5, 1))?.parameters);
  }
  expect(group).toContainEqual({ retry_after: 2 });
  ms += 60_000;
  const bot = [];
  for (let chat = 1; chat <= 31; chat++) bot.push((await retryAfter(chat, 1))?.ok);
  expect(bot).toEqual([...Array.from({ length: 30 }, () => true), false]);
});

test.each([
  ["retry_after:14", 429, "Too Many Requests: retry after 14"],
  ["blocked", 403, "Forbidden: bot was blocked by the user"],
  ["deactivated", 403, "Forbidden: user is deactivated"],
  ["expired_token", 401, "Unauthorized"],
  ["code:409", 409, "Conflict"],
  ["http_500", 500, undefined],
])("the fault %s changes one response, and the message is not sent", async (fault, status, description) => {
  await addFault({ match: { chatId: "5", bot: "7", method: "sendMessage" }, fault });
  const failed = await call("sendMessage", { chat_id: 5, text: "x" });
  expect([failed.status, failed.body.description]).toEqual([status, description]);
  expect(await sent()).toEqual([]);
  expect((await call("sendMessage", { chat_id: 5, text: "x" })).status).toBe(200);
});

test.each([
  ["entities", { parse_mode: "HTML" }, { parse_mode: undefined }, /can't parse entities/],
  [
    "reply_gone",
    { reply_parameters: { message_id: 1 } },
    { reply_parameters: { message_id: 1, allow_sending_without_reply: true } },
    /message to be replied not found/,
  ],
])("the fault %s applies only to calls that it can change", async (fault, affected, unaffected, description) => {
  await addFault({ match: { api: "telegram" }, fault });
  expect((await call("sendMessage", { chat_id: 5, text: "x", ...unaffected })).status).toBe(200);
  expect((await call("sendMessage", { chat_id: 5, text: "x", ...affected })).body.description).toMatch(description);
});

test("the fault url_refused applies only to files by URL", async () => {
  await addFault({ match: {}, fault: "url_refused" });
  expect((await call("sendPhoto", { chat_id: 5, photo: "sandbox-media-photo" })).status).toBe(200);
  expect((await call("sendPhoto", { chat_id: 5, photo: "https://a.example/b" })).body.description).toBe(
    "Bad Request: failed to get HTTP URL content",
  );
});

test("the fault migrate responds with the supergroup's id", async () => {
  await addFault({ match: {}, fault: "migrate" });
  for (const chat of [5, -1_001_234_567_890])
    expect((await call("sendMessage", { chat_id: chat, text: "x" })).status).toBe(200);
  expect((await call("sendMessage", { chat_id: -5, text: "x" })).body).toEqual({
    ok: false,
    error_code: 400,
    description: "Bad Request: group chat was upgraded to a supergroup chat",
    parameters: { migrate_to_chat_id: -1005 },
  });
  expect((await call("sendMessage", { chat_id: -1005, text: "x" })).status).toBe(200);
});

test.each(["http_500_taken", "malformed"])("the message is sent despite the fault %s", async (fault) => {
  await addFault({ match: { api: "telegram" }, fault });
  const { body } = await call("sendMessage", { chat_id: 5, text: "x" });
  expect(body).toEqual({});
  expect(await sent()).toMatchObject([{ text: "x", fault }]);
});
