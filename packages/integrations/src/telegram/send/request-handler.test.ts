import { type InboundEvent, type SendRequestedFact } from "@millrace/core";
import { expect, test } from "vitest";
import { NOW } from "../../../test/fetch-ports.ts";
import { fetchAndHandle, inboundEvent } from "../../../test/handle-event.ts";
import { telegram } from "../index.ts";
import { telegramSendRoute } from "./route.ts";

const environment = { TELEGRAM_BOT_TOKEN: "shop=4711:a,help=4712:b" };
const conversationId = "019ab000-0000-7000-8000-00000000c0de";
const text = { type: "text", text: "Come in" };

/** The event of a body of the send route. */
function eventOf(body: unknown): InboundEvent {
  let ids = 0;
  const newId = () => `019ab000-0000-7000-8000-${String(++ids).padStart(12, "0")}`;
  const call = { params: {}, caller: "c", idempotencyKey: undefined, signed: undefined, newId, now: NOW };
  const [event] = telegramSendRoute.accept(telegramSendRoute.body.parse(body), call).events;
  if (!event) throw new Error("no event");
  return inboundEvent("telegram", event);
}

/** The fact of a body of the send route. */
async function handle(body: unknown, takesOver = "false"): Promise<SendRequestedFact> {
  const handler = telegram.capabilities?.send?.read({ ...environment, SEND_TAKES_OVER: takesOver })?.requests;
  if (!handler) throw new Error("no handler");
  const { facts } = await fetchAndHandle(handler, eventOf(body));
  expect(facts).toMatchObject([{ fact: "send_requested", at: NOW }]);
  const [fact] = facts as readonly [SendRequestedFact];
  return fact;
}

test("a direct chat is opened with its person, by the first bot", async () => {
  const { to, request, takeover } = await handle({ to: { chatId: 7001 }, message: text });
  expect(to).toEqual({
    owner: { provider: "telegram", noun: "bot", externalId: "shop" },
    channel: "telegram",
    accountId: "shop",
    threadId: "7001",
    kind: "direct",
    person: { identities: [{ channel: "telegram", externalId: "7001", stable: true }], profile: {} },
  });
  expect(request).toMatchObject({ messages: [{ type: "text", body: "Come in" }] });
  expect(takeover).toBeUndefined();
});

test("a group chat is opened without a person, by the named bot", async () => {
  const { to } = await handle({ to: { chatId: "-1002345678901" }, from: "help/link-1", message: text });
  expect(to).toMatchObject({
    owner: { externalId: "help" },
    accountId: "help/link-1",
    threadId: "-1002345678901",
    kind: "group",
    person: undefined,
  });
});

test("an existing conversation is used, and taken over if that is configured", async () => {
  const { to, takeover } = await handle({ to: { conversationId }, message: text }, "true");
  expect(to).toEqual({ conversationId, channel: "telegram", accountId: undefined });
  expect(takeover).toEqual({ actor: "send API", reason: "a person wrote" });
});

test("an action is not queued as a message", async () => {
  const { request } = await handle({ to: { chatId: 7001 }, message: { type: "chat_action", action: "typing" } });
  expect(request).toMatchObject({ action: { chatAction: "typing" } });
  expect(request).not.toHaveProperty("messages");
});

test("inline files are moved to the media store, also those of an album", async () => {
  const media = { data: "aGk=", mimeType: "image/png" };
  const item = { type: "image", media };
  const { request } = await handle({ to: { chatId: 7001 }, message: { type: "album", items: [item, item] } });
  expect(JSON.stringify(request)).not.toContain("aGk=");
  const stored = { stored: expect.stringMatching(/^outgoing\/.+-[12]$/) as string, mimeType: "image/png" };
  expect(request).toMatchObject({
    messages: [{ type: "album", content: { items: [{ media: stored }, { media: stored }] } }],
  });
});

test("a bot without a token fails permanently", async () => {
  await expect(handle({ to: { chatId: 7001 }, from: "mill", message: text })).rejects.toMatchObject({
    message: "TELEGRAM_BOT_TOKEN has no bot with this label",
    next: { kind: "permanent" },
  });
});

test.each([
  ["no field", {}],
  ["two fields", { chatId: 7001, conversationId }],
  ["a name", { chatId: "@miller" }],
  ["the chat id 0", { chatId: 0 }],
  ["a fraction", { chatId: 7.5 }],
  ["more digits than a chat id can have", { chatId: "123456789012345678" }],
  ["an invalid conversation id", { conversationId: "7" }],
  ["an unknown field", { chatId: 7001, phone: "1" }],
])("a recipient with %s is rejected", (_, to) => {
  expect(telegramSendRoute.body.safeParse({ to, message: text }).error?.issues[0]?.path[0]).toBe("to");
});

test("while Telegram is switched off, it has no route and needs no token", () => {
  const off = { TELEGRAM_WEBHOOK_ENABLED: "false" };
  expect(telegram.api?.(off, [])).toEqual([]);
  const { send, media } = telegram.capabilities ?? {};
  for (const read of [send?.read, media?.read, telegram.handler]) expect(read?.(off)).toBeDefined();
  expect(() => send?.read({})).toThrow("TELEGRAM_BOT_TOKEN");
});
