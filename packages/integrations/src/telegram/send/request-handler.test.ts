import { describeError, EVENT_VERSION, type InboundEvent } from "@millrace/core";
import { expect, test } from "vitest";
import { fakeBotApi } from "../test/fake-bot-api.ts";
import { fakeStores } from "../test/fake-stores.ts";
import { telegram } from "../index.ts";
import { telegramSendRoute } from "./route.ts";

const environment = { TELEGRAM_BOT_TOKEN: "shop=4711:a,help=4712:b" };
const receivedAt = "2026-11-23T08:00:00.000Z";
const conversationId = "019ab000-0000-7000-8000-00000000c0de";
const text = { type: "text", text: "Come in" };

/** The event of a body of the send route. */
function eventOf(body: unknown): InboundEvent {
  let ids = 0;
  const newId = () => `019ab000-0000-7000-8000-${String(++ids).padStart(12, "0")}`;
  const call = { params: {}, caller: "c", idempotencyKey: undefined, newId, now: new Date(receivedAt) };
  const [event] = telegramSendRoute.accept(telegramSendRoute.body.parse(body), call).events;
  if (!event) throw new Error("no event");
  const payload: unknown = JSON.parse(JSON.stringify(event.payload));
  return { ...event, payload, v: EVENT_VERSION, integration: "telegram", correlationId: "c-1", receivedAt };
}

async function handle(body: unknown, { takesOver = "false", found }: { takesOver?: string; found?: string } = {}) {
  const thread = { tenantId: "t", channel: "telegram", threadId: "7", kind: "direct", mode: "ai", epoch: 0 } as const;
  const { stores, argsOf } = fakeStores({ "conversations.find": found && { ...thread, accountId: found } });
  const handler = telegram.capabilities?.send?.read({ ...environment, SEND_TAKES_OVER: takesOver })?.requests;
  const { log, now, http, signal } = fakeBotApi([]).context;
  const context = {
    log,
    now,
    http,
    signal,
    newId: () => "id",
    accounts: stores.accounts,
    formats: [],
    media: {
      read: () => Promise.reject(new Error("no file is read")),
      write: async (key: string) => ({ key, store: "folder", sha256: "", sizeBytes: 1, mimeType: undefined }),
    },
  };
  const write = await handler?.handle(eventOf(body), context);
  await write?.(stores);
  return argsOf;
}

test("a direct chat is opened with its person, by the first bot", async () => {
  const argsOf = await handle({ to: { chatId: 7001 }, message: text });
  expect(argsOf("contacts.resolve")).toMatchObject([
    ["tenant", [{ channel: "telegram", externalId: "7001", stable: true }], {}],
  ]);
  expect(argsOf("conversations.open")).toEqual([
    [
      {
        tenantId: "tenant",
        channel: "telegram",
        accountId: "shop",
        threadId: "7001",
        kind: "direct",
        contactId: "contact",
      },
      { at: new Date(receivedAt), byUser: false },
    ],
  ]);
  expect(argsOf("outbox.queue")).toMatchObject([
    [{ conversationId: "conversation", author: "person", messages: [{ type: "text", body: "Come in" }] }],
  ]);
  expect(argsOf("conversations.changeMode")).toEqual([]);
});

test("a group chat is opened without a person, by the named bot", async () => {
  const argsOf = await handle({ to: { chatId: "-1002345678901" }, from: "help/link-1", message: text });
  expect(argsOf("contacts.resolve")).toEqual([]);
  expect(argsOf("accounts.tenantOf")).toEqual([["telegram", "bot", "help"]]);
  expect(argsOf("conversations.open")).toMatchObject([
    [{ accountId: "help/link-1", threadId: "-1002345678901", kind: "group" }, {}],
  ]);
});

test("an existing conversation is used, and taken over if that is configured", async () => {
  const argsOf = await handle({ to: { conversationId }, message: text }, { takesOver: "true", found: "shop" });
  expect(argsOf("conversations.open")).toEqual([]);
  expect(argsOf("conversations.changeMode")).toMatchObject([[{ conversationId, mode: "human" }]]);
});

test("an action is not queued as a message", async () => {
  const argsOf = await handle({ to: { chatId: 7001 }, message: { type: "chat_action", action: "typing" } });
  expect(argsOf("outbox.act")).toMatchObject([[{ conversationId: "conversation", action: { chatAction: "typing" } }]]);
  expect(argsOf("outbox.queue")).toEqual([]);
});

test("inline files are moved to the media store, also those of an album", async () => {
  const media = { data: "aGk=", mimeType: "image/png" };
  const item = { type: "image", media };
  const argsOf = await handle({ to: { chatId: 7001 }, message: { type: "album", items: [item, item] } });
  expect(JSON.stringify(argsOf("outbox.queue"))).not.toContain("aGk=");
  const stored = { stored: expect.stringMatching(/^outgoing\/.+-[12]$/), mimeType: "image/png" };
  expect(argsOf("outbox.queue")).toMatchObject([
    [{ messages: [{ type: "album", content: { items: [{ media: stored }, { media: stored }] } }] }],
  ]);
});

test("a bot without a token fails permanently", async () => {
  const result = await handle({ to: { chatId: 7001 }, from: "mill", message: text }).then(
    () => "written",
    describeError,
  );
  expect(result).toBe("TELEGRAM_BOT_TOKEN has no bot with this label");
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
