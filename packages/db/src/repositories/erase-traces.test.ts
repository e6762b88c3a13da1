import { expect, test } from "vitest";
import { matcherOf } from "./erase-traces.ts";

const { mentions, names } = matcherOf({
  names: ["15551230001", "7000000777", "ada@quux.example", "DE.123abc"],
  ids: ["0198-conversation", "wamid.HBgX", "12"],
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
])("%j tells of the person", (value) => {
  expect(mentions(value)).toBe(true);
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
])("%j does not", (value) => {
  expect(mentions(value)).toBe(false);
});

test("a number is also found in the base64 of an event's id", () => {
  const wamid = `wamid.${Buffer.from("\u001c\u000b15551230001\u0015\u0002", "latin1").toString("base64")}`;
  expect(names(`message.1065.${wamid}`)).toBe(true);
  expect(names("message.1065.wamid.HBgLMTU1NTEyMzAwMDk5FQ")).toBe(false);
});

test("who has no name is found in nothing", () => {
  expect(matcherOf({ names: ["1234"], ids: [] }).mentions({ a: "1234", b: "" })).toBe(false);
});
