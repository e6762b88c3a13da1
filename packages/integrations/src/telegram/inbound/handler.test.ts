import { readFileSync } from "node:fs";
import { EVENT_VERSION } from "@millrace/core";
import { expect, test } from "vitest";
import { fakeBotApi } from "../test/fake-bot-api.ts";
import { fakeStores } from "../test/fake-stores.ts";
import { telegram } from "../index.ts";

/** Handles a fixture with changed `fields` of its message, and returns the calls of the stores. */
async function handleFixture(fixture: string, kind: string, takesOver: string, fields: Record<string, unknown> = {}) {
  const file = readFileSync(new URL(`../fixtures/${fixture}.json`, import.meta.url), "utf8");
  const update = JSON.parse(file) as Record<string, Record<string, unknown>>;
  const { stores, argsOf, names } = fakeStores();
  const { context } = fakeBotApi([]);
  const handler = telegram.handler({ SEND_TAKES_OVER: takesOver });
  const write = await handler.handle(
    {
      v: EVENT_VERSION,
      integration: "telegram",
      id: "e",
      kind,
      correlationId: "c-1",
      receivedAt: "2026-11-23T08:00:00.000Z",
      payload: { bot: "shop", update: { ...update, [kind]: { ...update[kind], ...fields } } },
    },
    {
      ...context,
      media: { ...context.media, write: () => Promise.reject(new Error("no file is written")) },
      newId: () => "id",
      accounts: stores.accounts,
      formats: [],
    },
  );
  await write(stores);
  return { argsOf, names: names() };
}

test("a message of the owner of a business account takes the conversation over if that is configured", async () => {
  const { argsOf } = await handleFixture("business-owner", "business_message", "true");
  expect(argsOf("conversations.changeMode")).toMatchObject([
    [{ conversationId: "conversation", mode: "human", actor: "Telegram business account", reason: "a person wrote" }],
  ]);
});

test.each([
  ["of the owner if takeover is not configured", "business-owner", "business_message", "false", {}],
  ["of a customer", "business-customer", "business_message", "true", {}],
  [
    "that Telegram sends as the owner's greeting",
    "business-owner",
    "business_message",
    "true",
    { is_from_offline: true },
  ],
  ["that a bot sends for the owner", "business-owner", "business_message", "true", { sender_business_bot: { id: 1 } }],
  ["in the bot's own chat", "text", "message", "true", {}],
])("a message %s does not take the conversation over", async (_, fixture, kind, takesOver, fields) => {
  const { names } = await handleFixture(fixture, kind, takesOver, fields);
  expect(names).toContain("messages.add");
  expect(names).not.toContain("conversations.changeMode");
});

test.each(["button", "button-inline", "button-of-old-message"])("a pressed button is answered: %s", async (fixture) => {
  const { argsOf } = await handleFixture(fixture, "callback_query", "false");
  const [[message]] = argsOf("messages.add") as [[{ externalId: string }]];
  const id = message.externalId.replace("callback/", "");
  expect(argsOf("outbox.act")).toEqual([
    [{ id: `act.callback.${id}`, conversationId: "conversation", action: { answerCallbackQuery: id } }],
  ]);
});
