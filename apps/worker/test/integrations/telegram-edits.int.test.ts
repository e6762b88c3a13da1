import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ada, adaChat, DATE, fromAda, openTelegramHarness } from "./telegram-harness.ts";

let harness: Awaited<ReturnType<typeof openTelegramHarness>>;

beforeAll(async () => {
  harness = await openTelegramHarness();
});

beforeEach(() => harness.clear());

afterAll(() => harness.close());

test.each([
  ["before", [1, 0, 2]],
  ["after", [0, 1, 2]],
  ["before and after", [2, 0, 1]],
])("edits that arrive %s the message leave one message with the latest text", async (_, order) => {
  const message = fromAda(21);
  const updates = [
    { update_id: 998, message: { ...message, text: "One" } },
    { update_id: 999, edited_message: { ...message, edit_date: DATE + 5, text: "Two" } },
    // In the same second, the update's id decides the order.
    { update_id: 1000, edited_message: { ...message, edit_date: DATE + 5, text: "Three" } },
  ];
  for (const index of order) await harness.deliver(updates[index] ?? {});
  expect(await harness.messages()).toMatchObject([{ body: "Three", editedAt: new Date((DATE + 5) * 1000) }]);
});

test.each(["message", "channel_post", "business_message"])("a %s that is edited stays one message", async (kind) => {
  const message = fromAda(22, kind === "business_message" ? { business_connection_id: "biz1" } : {});
  await harness.deliver({ [kind]: { ...message, text: "Old" } });
  await harness.deliver({ [`edited_${kind}`]: { ...message, edit_date: DATE + 5, text: "New" } });
  expect((await harness.messages()).map(({ body }) => body)).toEqual(["New"]);
});

test.each([
  ["updates in order", [0, 1, 2, 3]],
  ["the migration in the supergroup first", [0, 2, 3, 1]],
  ["the messages of the group last", [1, 2, 3, 0]],
])("a group that becomes a supergroup stays one conversation (%s)", async (_, order) => {
  const group = { id: -445_566, title: "Keepers", type: "group" };
  const supergroup = { id: -1_002_233_445_577, title: "Keepers", type: "supergroup" };
  const updates = [
    { message: { message_id: 41, from: ada, chat: group, date: DATE, text: "Before" } },
    { message: { message_id: 42, from: ada, chat: group, date: DATE + 1, migrate_to_chat_id: supergroup.id } },
    { message: { message_id: 1, from: ada, chat: supergroup, date: DATE + 1, migrate_from_chat_id: group.id } },
    { message: { message_id: 2, from: ada, chat: supergroup, date: DATE + 2, text: "After" } },
  ];
  for (const index of order) await harness.deliver(updates[index] ?? {});
  expect(await harness.conversations()).toMatchObject([
    { threadId: "-1002233445577", telegramChatId: -1_002_233_445_577n },
  ]);
  expect(new Set((await harness.messages()).map(({ body }) => body))).toEqual(new Set(["Before", "After"]));
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
  ["only as kicked", [["kicked", 20]], false],
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
    await harness.clear();
    for (const update of updates) await harness.deliver(update);
    expect((await harness.conversations()).map((conversation) => conversation.reachable)).toEqual([reachable]);
  }
});

test("a reaction is stored on its message, and removing it deletes it", async () => {
  const react = (date: number, ...new_reaction: unknown[]) => ({
    message_reaction: { chat: adaChat, message_id: 61, user: ada, date, old_reaction: [], new_reaction },
  });
  await harness.deliver(react(DATE + 1, { type: "emoji", emoji: "👍" }, { type: "emoji", emoji: "🌊" }));
  await harness.deliver({ message: fromAda(61, { text: "Nice" }) });
  expect((await harness.messages()).map(({ reactions }) => reactions)).toEqual([{ "7000000001": "👍🌊" }]);
  await harness.deliver(react(DATE + 2));
  expect((await harness.messages()).map(({ reactions }) => reactions)).toEqual([{}]);
});
