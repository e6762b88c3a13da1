import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ada, adaChat, DATE, fromAda, openTelegramHarness } from "./telegram-harness.ts";

let delivery: Awaited<ReturnType<typeof openTelegramHarness>>;

beforeAll(async () => {
  delivery = await openTelegramHarness();
});

beforeEach(() => delivery.clear());

afterAll(() => delivery.close());

test.each([
  ["before", [1, 0, 2]],
  ["after", [0, 1, 2]],
  ["in no order around", [2, 0, 1]],
])("edits that come %s the message leave one message with the latest words", async (_, order) => {
  const message = fromAda(21);
  const updates = [
    { update_id: 998, message: { ...message, text: "One" } },
    { update_id: 999, edited_message: { ...message, edit_date: DATE + 5, text: "Two" } },
    // Within the same second: of these, the update's id tells the order.
    { update_id: 1000, edited_message: { ...message, edit_date: DATE + 5, text: "Three" } },
  ];
  for (const index of order) await delivery.deliver(updates[index] ?? {});
  expect(await delivery.messages()).toMatchObject([{ body: "Three", editedAt: new Date((DATE + 5) * 1000) }]);
});

test.each(["message", "channel_post", "business_message"])("a %s that is edited stays one message", async (kind) => {
  const message = fromAda(22, kind === "business_message" ? { business_connection_id: "biz1" } : {});
  await delivery.deliver({ [kind]: { ...message, text: "Old" } });
  await delivery.deliver({ [`edited_${kind}`]: { ...message, edit_date: DATE + 5, text: "New" } });
  expect((await delivery.messages()).map(({ body }) => body)).toEqual(["New"]);
});

test.each([
  ["first in the old one", [0, 1, 2, 3]],
  ["first in the new one", [0, 2, 3, 1]],
  ["before what was said in the old one", [1, 2, 3, 0]],
])("a group that becomes a supergroup stays one conversation, when that is updates %s", async (_, order) => {
  const old = { id: -445_566, title: "Keepers", type: "group" };
  const big = { id: -1_002_233_445_577, title: "Keepers", type: "supergroup" };
  const updates = [
    { message: { message_id: 41, from: ada, chat: old, date: DATE, text: "Before" } },
    { message: { message_id: 42, from: ada, chat: old, date: DATE + 1, migrate_to_chat_id: big.id } },
    { message: { message_id: 1, from: ada, chat: big, date: DATE + 1, migrate_from_chat_id: old.id } },
    { message: { message_id: 2, from: ada, chat: big, date: DATE + 2, text: "After" } },
  ];
  for (const index of order) await delivery.deliver(updates[index] ?? {});
  expect(await delivery.conversations()).toMatchObject([
    { threadId: "-1002233445577", telegramChatId: -1_002_233_445_577n },
  ]);
  expect(new Set((await delivery.messages()).map(({ body }) => body))).toEqual(new Set(["Before", "After"]));
});

test.each([
  [
    "in order",
    [
      ["kicked", 20],
      ["member", 30],
    ],
    true,
  ],
  [
    "out of order",
    [
      ["member", 30],
      ["kicked", 20],
    ],
    true,
  ],
  ["only as blocked", [["kicked", 20]], false],
  ["only as left", [["left", 20]], false],
] as const)("a person is reachable by the latest my_chat_member update, received %s", async (_, changes, reachable) => {
  const message = { message: fromAda(51, { text: "Hi" }) };
  const chatChanges = changes.map(([status, after]) => ({
    my_chat_member: { chat: adaChat, from: ada, date: DATE + after, new_chat_member: { status } },
  }));
  for (const updates of [
    [message, ...chatChanges],
    [...chatChanges, message],
  ]) {
    await delivery.clear();
    for (const update of updates) await delivery.deliver(update);
    expect((await delivery.conversations()).map((conversation) => conversation.reachable)).toEqual([reachable]);
  }
});

test("a reaction is stored on its message, and removing it deletes it", async () => {
  const react = (date: number, ...new_reaction: unknown[]) => ({
    message_reaction: { chat: adaChat, message_id: 61, user: ada, date, old_reaction: [], new_reaction },
  });
  await delivery.deliver(react(DATE + 1, { type: "emoji", emoji: "👍" }, { type: "emoji", emoji: "🌊" }));
  await delivery.deliver({ message: fromAda(61, { text: "Nice" }) });
  expect((await delivery.messages()).map(({ reactions }) => reactions)).toEqual([{ "7000000001": "👍🌊" }]);
  await delivery.deliver(react(DATE + 2));
  expect((await delivery.messages()).map(({ reactions }) => reactions)).toEqual([{}]);
});
