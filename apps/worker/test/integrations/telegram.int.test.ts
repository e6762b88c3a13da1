import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ada, adaChat, DATE, fromAda, openTelegramHarness, RECEIVED_AT } from "./telegram-harness.ts";

let harness: Awaited<ReturnType<typeof openTelegramHarness>>;

const bob = { id: 7_000_000_002, is_bot: false, first_name: "Bob" };

beforeAll(async () => {
  harness = await openTelegramHarness();
});

beforeEach(() => harness.clear());

afterAll(() => harness.close());

test("a text becomes a message of its sender in a direct conversation", async () => {
  await harness.deliver({ message: fromAda(11, { text: "Hello" }) });
  const [message] = await harness.messages();
  expect(message).toMatchObject({
    accountId: "shop",
    externalId: "7000000001/11",
    telegramMessageId: 11n,
    direction: "inbound",
    type: "text",
    body: "Hello",
    status: "received",
    sentAt: new Date(DATE * 1000),
  });
  const [conversation] = await harness.conversations();
  expect(conversation).toMatchObject({ kind: "direct", mode: "ai", telegramChatId: 7_000_000_001n });
  const [contact] = await harness.contacts();
  expect(contact).toMatchObject({ id: message?.contactId, name: "Ada Weir", username: "ada_weir" });
  expect(conversation?.contactId).toBe(contact?.id);
});

test("3: an update that is redelivered changes nothing", async () => {
  const update = {
    update_id: 900,
    message: fromAda(12, { text: "Once" }),
  };
  expect(await harness.deliver(update)).toMatchObject({ result: "written" });
  expect(await harness.deliver(update, "shop-old")).toMatchObject({ result: "duplicate" });
  expect(await harness.messages()).toHaveLength(1);
});

test("two bots with the same update and message ids do not affect each other", async () => {
  const update = {
    update_id: 901,
    message: fromAda(13, { text: "Hi" }),
  };
  await harness.deliver(update);
  await harness.deliver(update, "help-one");
  expect((await harness.messages()).map(({ accountId }) => accountId).sort()).toEqual(["help", "shop"]);
});

test("an update of an unassigned bot fails with the bot's label and without its secret", async () => {
  const message = fromAda(14, { text: "Anyone?" });
  await expect(harness.deliver({ message }, "orphan-secret")).rejects.toThrow(/^no tenant owns bot orphan$/);
  expect(await harness.messages()).toEqual([]);
});

test("a group message has its sender, and the group has no contact", async () => {
  const chat = { id: -1_002_233_445_566, title: "Weir keepers", type: "supergroup" };
  await harness.deliver({ message: { message_id: 1, from: ada, chat, date: DATE, text: "Is the shop open?" } });
  await harness.deliver({
    message: {
      message_id: 2,
      from: bob,
      chat,
      date: DATE,
      text: "Yes",
      reply_to_message: { message_id: 1, date: DATE, chat },
    },
  });
  const admin = { id: 1_087_968_824, is_bot: true, first_name: "Group" };
  await harness.deliver({
    message: { message_id: 3, from: admin, sender_chat: chat, chat, date: DATE, text: "Rules" },
  });
  const [conversation, ...others] = await harness.conversations();
  expect(others).toEqual([]);
  expect(conversation).toMatchObject({
    kind: "group",
    mode: "human",
    title: "Weir keepers",
    contactId: null,
    telegramChatId: -1_002_233_445_566n,
  });
  const names = new Map((await harness.contacts()).map(({ id, name }) => [id, name]));
  expect((await harness.messages()).map(({ contactId, replyTo }) => [names.get(contactId ?? ""), replyTo])).toEqual([
    ["Ada Weir", null],
    ["Bob", "-1002233445566/1"],
    [undefined, null],
  ]);
});

test("in a topic, only a message that is a reply has a reply target", async () => {
  const topic = { chat: { id: -1_009_977, type: "supergroup", is_forum: true }, date: DATE, message_thread_id: 12 };
  const opening = { ...topic, message_id: 12, forum_topic_created: { name: "Repairs" } };
  await harness.deliver({
    message: { ...topic, message_id: 13, from: ada, text: "First", reply_to_message: opening },
  });
  const first = { ...topic, message_id: 13, text: "First" };
  await harness.deliver({ message: { ...topic, message_id: 14, from: bob, text: "Second", reply_to_message: first } });
  expect(await harness.messages()).toMatchObject([{ replyTo: null }, { replyTo: "-1009977/13" }]);
});

test("a channel post has no contact, signed or not", async () => {
  const chat = { id: -1_009_988, title: "Mill", type: "channel" };
  await harness.deliver({ channel_post: { message_id: 5, from: bob, chat, date: DATE, text: "Closed" } });
  expect(await harness.conversations()).toMatchObject([{ kind: "channel", contactId: null, title: "Mill" }]);
  expect(await harness.messages()).toMatchObject([{ contactId: null, body: "Closed" }]);
  expect(await harness.contacts()).toEqual([]);
});

test("a pressed button is a message of its own, also when its message is inaccessible", async () => {
  const chat = adaChat;
  const press = (id: string, message: unknown) => ({
    callback_query: { id, from: ada, message, data: `d${id}`, chat_instance: "1" },
  });
  await harness.deliver(press("9007199254740993001", { message_id: 31, chat, date: DATE, text: "Call you?" }));
  await harness.deliver(press("9007199254740993002", { message_id: 31, chat, date: 0 }));
  await harness.deliver(press("odd/one", undefined));
  expect(await harness.messages()).toMatchObject([
    {
      externalId: "callback/9007199254740993001",
      type: "callback",
      body: "d9007199254740993001",
      replyTo: "7000000001/31",
    },
    { externalId: "callback/9007199254740993002", replyTo: "7000000001/31", sentAt: new Date(RECEIVED_AT) },
    { externalId: "callback/odd/one", replyTo: null, telegramMessageId: null },
  ]);
  expect(await harness.conversations()).toMatchObject([{ kind: "direct", threadId: "7000000001" }]);
});

test("chats of a business account are separate from the bot's, and its owner's messages are outbound", async () => {
  const business = { chat: adaChat, date: DATE, business_connection_id: "biz1" };
  await harness.deliver({ message: fromAda(71, { text: "To the bot" }) });
  await harness.deliver({ business_message: { ...business, message_id: 71, from: ada, text: "Saturday?" } });
  await harness.deliver({ business_message: { ...business, message_id: 72, from: bob, text: "Before noon" } });
  await harness.deliver({
    deleted_business_messages: { business_connection_id: "biz1", chat: adaChat, message_ids: [72, 71] },
  });
  expect(await harness.messages()).toMatchObject([
    { accountId: "shop", body: "To the bot", direction: "inbound", revokedAt: null },
    { accountId: "shop/biz1", body: "Saturday?", direction: "inbound", revokedAt: new Date(RECEIVED_AT) },
    {
      accountId: "shop/biz1",
      body: "Before noon",
      direction: "outbound",
      status: "sent",
      revokedAt: new Date(RECEIVED_AT),
    },
  ]);
  expect(await harness.contacts()).toMatchObject([{ name: "Ada Weir" }]);
  expect(new Set((await harness.conversations()).map(({ contactId }) => contactId)).size).toBe(1);
});

test("guest chats of a bot are separate from its own chats with the same id", async () => {
  const message = fromAda(81);
  await harness.deliver({ message: { ...message, text: "To the bot" } });
  await harness.deliver({ guest_message: { ...message, guest_query_id: "q1", text: "As a guest" } });
  expect(await harness.messages()).toMatchObject([
    { accountId: "shop", body: "To the bot" },
    { accountId: "shop/guest", body: "As a guest" },
  ]);
});

test("ephemeral messages are all kept although their ids repeat", async () => {
  const chat = { id: -1_002_233_445_588, title: "Keepers", type: "supergroup" };
  const message = { message_id: 0, ephemeral_message_id: 4, from: ada, chat };
  await harness.deliver({ message: { ...message, date: DATE, text: "/me" } });
  await harness.deliver({ message: { ...message, date: DATE + 9, text: "/you" } });
  expect(await harness.messages()).toMatchObject([{ body: "/me", telegramMessageId: null }, { body: "/you" }]);
});

test("a person's own shared number is stored in their contact, another person's is not", async () => {
  const card = (id: number, contact: unknown) => ({
    message: { message_id: id, from: ada, chat: adaChat, date: DATE, contact },
  });
  await harness.deliver(card(91, { phone_number: "+49 151 0000888", first_name: "Bob", user_id: bob.id }));
  expect(await harness.contacts()).toMatchObject([{ phone: null }]);
  await harness.deliver(card(92, { phone_number: "+49 151 0000777", first_name: "Ada", user_id: ada.id }));
  expect(await harness.contacts()).toMatchObject([{ phone: "491510000777" }]);
});

test("unhandled updates stay in the inbox with their payload", async () => {
  expect(await harness.deliver({ update_id: 902, tide_forecast: { height: 3 } })).toMatchObject({
    result: "unhandled",
  });
  expect(await harness.deliver({ poll_answer: { poll_id: "1", user: ada, option_ids: [0] } })).toMatchObject({
    result: "unhandled",
  });
  const events = await harness.events();
  expect(events.find(({ eventId }) => eventId === "update.shop.902")).toMatchObject({
    kind: "update",
    payload: { bot: "shop", update: { tide_forecast: { height: 3 } } },
  });
});
