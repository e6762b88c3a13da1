import { readFileSync } from "node:fs";
import { EVENT_VERSION } from "@millrace/core";
import { expect, test } from "vitest";
import { fakeBotApi } from "../test/fake-bot-api.ts";
import { fakeStores } from "../test/fake-stores.ts";
import { telegram } from "../index.ts";

/** What a fixture has the stores do, its message changed by `fields`. */
async function worked(fixture: string, kind: string, takesOver: string, fields: Record<string, unknown> = {}) {
  const file = readFileSync(new URL(`fixtures/${fixture}.json`, import.meta.url), "utf8");
  const update = JSON.parse(file) as Record<string, Record<string, unknown>>;
  const { stores, given, names } = fakeStores();
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
  return { given, names: names() };
}

test("what the owner of a business account writes takes the conversation over, where that is configured", async () => {
  const { given } = await worked("business-owner", "business_message", "true");
  expect(given("conversations.takeOver")).toMatchObject([
    [{ conversationId: "conversation", mode: "human", actor: "Telegram business account", reason: "a person wrote" }],
  ]);
});

test.each([
  ["where that is not configured", "business-owner", "business_message", "false", {}],
  ["when a customer writes", "business-customer", "business_message", "true", {}],
  ["when Telegram sends the owner's greeting", "business-owner", "business_message", "true", { is_from_offline: true }],
  ["when a bot writes for the owner", "business-owner", "business_message", "true", { sender_business_bot: { id: 1 } }],
  ["in a chat of the bot's own", "text", "message", "true", {}],
])("nobody takes over %s", async (_, fixture, kind, takesOver, fields) => {
  const { names } = await worked(fixture, kind, takesOver, fields);
  expect(names).toContain("messages.add");
  expect(names).not.toContain("conversations.takeOver");
});

test.each(["button", "button-inline", "button-of-old-message"])("a pressed button is answered: %s", async (fixture) => {
  const { given } = await worked(fixture, "callback_query", "false");
  const [[message]] = given("messages.add") as [[{ externalId: string }]];
  const id = message.externalId.replace("callback/", "");
  expect(given("outbox.act")).toEqual([
    [{ id: `act.callback.${id}`, conversationId: "conversation", action: { answerCallbackQuery: id } }],
  ]);
});
