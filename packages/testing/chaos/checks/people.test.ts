import { expect, test } from "vitest";
import { personFinder } from "./people.ts";

const [TURN, CONVERSATION, OTHER] = ["1", "2", "3"].map((digit) => `01a224cf-fc2c-73d9-a83e-00000000000${digit}`);
const QUESTION = { turnId: TURN ?? "", conversation: { id: CONVERSATION ?? "" }, contact: { name: "Customer 13" } };

test.each([
  ["the recipient of a status", '{"recipient_id":"4915100000023"}', 13],
  ["the chat of a Telegram update", '{"chat":{"id":7000000024}}', 14],
  ["the conversation that the AI hands over", JSON.stringify({ conversationId: CONVERSATION, mode: "human" }), 13],
  ["the AI turn of an answer", JSON.stringify({ turnId: TURN, messages: [] }), 13],
  ["nobody", JSON.stringify({ conversationId: OTHER }), undefined],
])("an event is about the person that is %s", (_, event, person) => {
  expect(personFinder([{ ...QUESTION, messages: [] }])(event)).toBe(person);
});
