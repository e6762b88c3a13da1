import { expect, test } from "vitest";
import { personalDataReader } from "@millrace/core";
import { matcherOf } from "./personal-data-matcher.ts";

const fake = personalDataReader({
  parties: ["from", "author"],
  partyIds: ["id"],
  foreign: ["quoted"],
  depth: 2,
  impersonal: ["at", "counter"],
});
const readers = new Map([["fake", fake]]);

const { contains, containsName, isAbout } = matcherOf(
  {
    names: ["15551230001", "7000000777", "ada@quux.example", "DE.123abc"],
    ids: ["0198-conversation", "0198-message", "wamid.HBgX", "12"],
  },
  readers,
);

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
])("the matcher finds the person in %j, with and without the integration", (value) => {
  expect(contains(value)).toBe(true);
  expect(contains(value, "fake")).toBe(true);
});

test.each([
  null,
  {},
  { from: "155512300012" },
  { from: "915551230001" },
  { email: "not.ada@quux.example" },
  { email: "ada@quux.example.org" },
  { at: 7000000777, counter: 7000000777, deep: { at: "7000000777" } },
  { text: "0198-conversation-2, 12 of them" },
])("the matcher does not find the person in %j", (value) => {
  expect(contains(value, "fake")).toBe(false);
});

test.each([
  { from: "15551230001" },
  { message: { author: { id: 7000000777, name: "Ada" } } },
  { reason: "unknown", raw: { message: { from: "DE.123abc" } } },
  { reason: "not JSON", raw: '{"from":"15551230001"' },
  { v: 2, id: "x", payload: { message: { from: "15551230001" } } },
  { turnId: "12" },
  { messageId: "0198-message", conversationId: "0198-conversation" },
  { channel: "fake", accountId: "b", externalId: "7000000777/12" },
])("a payload from or to the person, and a job of their rows, is about them: %j", (payload) => {
  expect(isAbout(payload, "fake")).toBe(true);
});

test.each([
  { message: { from: "15559", text: "call +15551230001" } },
  { message: { from: "15559", quoted: { from: "15551230001" } } },
  { message: { from: "15559", cards: [{ phones: [{ from: "15551230001" }] }] } },
])("a payload that only mentions the person is not about them: %j", (payload) => {
  expect(contains(payload, "fake")).toBe(true);
  expect(isAbout(payload, "fake")).toBe(false);
});

test("18: a payload of an integration that no longer exists is about everyone that it names", () => {
  expect(isAbout({ text: "call +15551230001" }, "removed")).toBe(true);
  expect(isAbout({ text: "call +15559" }, "removed")).toBe(false);
});

test("the matcher finds a phone number in the base64 of an event id", () => {
  const wamid = `wamid.${Buffer.from("\u001c\u000b15551230001\u0015\u0002", "latin1").toString("base64")}`;
  expect(containsName(`message.1065.${wamid}`)).toBe(true);
  expect(containsName("message.1065.wamid.HBgLMTU1NTEyMzAwMDk5FQ")).toBe(false);
});

test("the matcher of a person without names finds nothing", () => {
  expect(matcherOf({ names: ["1234"], ids: [] }, readers).contains({ a: "1234", b: "" })).toBe(false);
});
