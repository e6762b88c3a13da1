import { expect, test } from "vitest";
import { matcherOf } from "./personal-data-matcher.ts";

const { contains, containsName, isAbout } = matcherOf({
  names: ["15551230001", "7000000777", "ada@quux.example", "DE.123abc"],
  ids: ["0198-conversation", "0198-message", "wamid.HBgX", "12"],
});

test.each([
  { from: "15551230001" },
  { to: { phone: "+15551230001" } },
  [{ deep: [{ text: "call me: +15551230001." }] }],
  { chat: { id: 7000000777 } },
  { externalId: "7000000777/12" },
  { "7000000777": "👍" },
  { raw: '{"from":"15551230001"' },
  { email: "ADA@quux.example" },
  { user_id: "DE.123abc" },
  { conversationId: "0198-conversation" },
  { status: { id: "wamid.HBgX" } },
])("the matcher finds the person in %j", (value) => {
  expect(contains(value)).toBe(true);
});

test.each([
  null,
  {},
  { from: "155512300012" },
  { from: "915551230001" },
  { email: "not.ada@quux.example" },
  { email: "ada@quux.example.org" },
  { date: 7000000777, update_id: 7000000777, timestamp: "7000000777" },
  { text: "0198-conversation-2, 12 of them" },
])("the matcher does not find the person in %j", (value) => {
  expect(contains(value)).toBe(false);
});

const from = { id: 7000000777, first_name: "Ada" };
const other = { id: 7000000999, first_name: "Eve" };
const group = { id: -100123, type: "supergroup" };
const metadata = { phone_number_id: "1065" };

test.each([
  { metadata, message: { id: "wamid.x", from: "15551230001" } },
  { metadata, message: { id: "wamid.x", from_user_id: "DE.123abc" } },
  { metadata, message: { id: "wamid.x", type: "text" }, contact: { wa_id: "15551230001" } },
  { metadata, message: { from: "1065", to: "15551230001" } },
  { metadata, message: { system: { type: "user_changed_number", customer: "15551230001", wa_id: "15559" } } },
  { metadata, status: { id: "wamid.y", recipient_id: "15551230001" } },
  { metadata, status: { id: "wamid.HBgX" } },
  { metadata, status: { recipient_participant_id: "15551230001" } },
  { metadata, preference: { wa_id: "15551230001" } },
  { metadata, user_id_update: { user_id: { previous: "DE.123abc", current: "DE.9" } } },
  { accountId: "1", field: "calls", value: { metadata, calls: [{ from: "15551230001" }] } },
  { reason: "unknown", raw: { field: "messages", value: { messages: [{ from: "15551230001" }] } } },
  { bot: "b", update: { message: { from, chat: group } } },
  { bot: "b", update: { edited_message: { chat: { id: 7000000777 } } } },
  { bot: "b", update: { callback_query: { from, data: "yes" } } },
  { bot: "b", update: { message_reaction: { chat: group, user: from } } },
  { to: { phone: "+15551230001" }, message: {} },
  { to: { chatId: "7000000777" }, message: {} },
  { to: { conversationId: "0198-conversation" }, message: {} },
  { messageId: "0198-message", conversationId: "0198-conversation" },
  { channel: "telegram", accountId: "b", externalId: "7000000777/12" },
  { leadgen_id: "12", page_id: "1" },
  { v: 2, id: "x", payload: { metadata, message: { from: "15551230001" } } },
])("a payload from or to the person is about them: %j", (payload) => {
  expect(isAbout(payload)).toBe(true);
});

test.each([
  { metadata, message: { from: "15559", type: "text", text: { body: "call +15551230001" } } },
  { metadata, message: { from: "15559", context: { from: "15551230001", id: "wamid.HBgX" } } },
  { metadata, message: { from: "15559", contacts: [{ phones: [{ wa_id: "15551230001" }] }] } },
  { metadata, message: { from: "15559", reaction: { message_id: "wamid.HBgX", emoji: "👍" } } },
  { metadata: { from: "15551230001" }, message: { from: "15559" } },
  { bot: "b", update: { message: { from: other, chat: group, reply_to_message: { from, chat: group } } } },
  { bot: "b", update: { message: { from: other, chat: group, forward_from: from } } },
  { bot: "b", update: { message: { from: other, chat: group, contact: { user_id: 7000000777 } } } },
  { bot: "b", update: { message: { from: other, chat: group, new_chat_members: [from] } } },
  { bot: "b", update: { message: { from: other, chat: group, entities: [{ type: "text_mention", user: from }] } } },
  { to: { phone: "+15559" }, message: { type: "text", text: "call +15551230001" } },
  { turnId: "0198-other", messages: [{ type: "text", text: "ada@quux.example" }] },
  { leadgen_id: "13", page_id: "12" },
])("a payload that only mentions the person is not about them: %j", (payload) => {
  expect(contains(payload) || payload.leadgen_id !== undefined).toBe(true);
  expect(isAbout(payload)).toBe(false);
});

test("the matcher finds a phone number in the base64 of an event id", () => {
  const wamid = `wamid.${Buffer.from("\u001c\u000b15551230001\u0015\u0002", "latin1").toString("base64")}`;
  expect(containsName(`message.1065.${wamid}`)).toBe(true);
  expect(containsName("message.1065.wamid.HBgLMTU1NTEyMzAwMDk5FQ")).toBe(false);
});

test("the matcher of a person without names finds nothing", () => {
  expect(matcherOf({ names: ["1234"], ids: [] }).contains({ a: "1234", b: "" })).toBe(false);
});
