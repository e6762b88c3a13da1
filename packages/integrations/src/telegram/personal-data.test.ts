import { expect, test } from "vitest";
import { telegramPersonalData } from "./personal-data.ts";

const ID = "7000000777";
const from = { id: 7000000777, first_name: "Ada" };
const other = { id: 7000000999, first_name: "Eve" };
const group = { id: -100123, type: "supergroup" };

test.each([
  { bot: "b", update: { message: { from, chat: group } } },
  { bot: "b", update: { edited_message: { chat: { id: 7000000777 } } } },
  { bot: "b", update: { callback_query: { from, data: "yes" } } },
  { bot: "b", update: { message_reaction: { chat: group, user: from } } },
  { bot: "b", update: { business_connection: { user_chat_id: 7000000777 } } },
  { reason: "unknown", raw: { message: { from, chat: group } } },
  { to: { chatId: ID }, message: {}, messageIds: [] },
])("an update or request from or to a person is about them: %j", (payload) => {
  expect(telegramPersonalData(payload).parties).toContain(ID);
});

test.each([
  { bot: "b", update: { message: { from: other, chat: group, reply_to_message: { from, chat: group } } } },
  { bot: "b", update: { message: { from: other, chat: group, forward_from: from } } },
  { bot: "b", update: { message: { from: other, chat: group, contact: { user_id: 7000000777 } } } },
  { bot: "b", update: { message: { from: other, chat: group, new_chat_members: [from] } } },
  { bot: "b", update: { message: { from: other, chat: group, entities: [{ type: "text_mention", user: from }] } } },
])("an update that only mentions a person is not about them: %j", (payload) => {
  const { parties, mentioned } = telegramPersonalData(payload);
  expect(parties).not.toContain(ID);
  expect(mentioned).toContain(ID);
});

test("a time or a counter is not a person's id", () => {
  const message = { message_id: 7000000777, date: 7000000777, edit_date: 7000000777, from: other };
  const payload = { bot: "b", update: { update_id: 7000000777, message } };
  const { parties, mentioned, redact } = telegramPersonalData(payload);
  expect([...parties, ...mentioned]).toEqual(["7000000999", "Eve"]);
  const redacted = { ...message, from: { id: "[redacted]", first_name: "[redacted]" } };
  expect(redact()).toEqual({ bot: "b", update: { update_id: 7000000777, message: redacted } });
});
