import { expect, test } from "vitest";
import { n8nPersonalData } from "./personal-data.ts";

test("an answer is about its AI turn and conversation, and its text may mention people", () => {
  const messages = [{ type: "text", text: "Dear Ada" }];
  const { parties, mentioned, redact } = n8nPersonalData({ turnId: "t-1", conversationId: "c-1", messages });
  expect(parties).toEqual(["t-1", "c-1"]);
  expect(mentioned).toEqual(["Dear Ada"]);
  expect(redact()).toMatchObject({ messages: [{ type: "text", text: "[redacted]" }] });
});

test("a takeover is about its conversation; the actor and the reason are redacted", () => {
  const takeover = { conversationId: "c-1", mode: "human", actor: "Bea", reason: "Ada asked" };
  expect(n8nPersonalData(takeover).parties).toEqual(["c-1"]);
  const redacted = "[redacted]";
  expect(n8nPersonalData(takeover).redact()).toEqual({
    conversationId: redacted,
    mode: "human",
    actor: redacted,
    reason: redacted,
  });
});
