import { expect, test } from "vitest";
import { blandPersonalData } from "./personal-data.ts";

const NUMBER = "+12025550177";

test.each([
  [{ call_id: "c-1", from: NUMBER, to: "+12025550101" }],
  [{ call_id: "c-1", request_data: { phone_number: NUMBER } }],
  [{ reason: "no call_id", raw: { to: NUMBER } }],
  [{ reason: "not JSON", raw: NUMBER }],
])("a call is about both numbers: %j", (payload) => {
  expect(blandPersonalData(payload).parties).toContain(NUMBER);
});

test("a call without a number is about the caller who is known by the id of the call", () => {
  expect(blandPersonalData({ call_id: "c-1", from: null, status: "completed" }).parties).toEqual(["c-1"]);
});

test("the person who received a transferred call is only mentioned", () => {
  const { parties, mentioned } = blandPersonalData({ transferred_to: NUMBER });
  expect([parties, mentioned]).toEqual([[], [NUMBER]]);
});

test("a transcript is redacted, and the status and the times stay", () => {
  const call = { status: "completed", started_at: "2026-09-21T14:13:20Z", corrected_duration: "95" };
  const transcripts = [{ text: "I am Ines", user: "user" }];
  expect(blandPersonalData({ ...call, transcripts }).redact()).toEqual({
    ...call,
    transcripts: [{ text: "[redacted]", user: "[redacted]" }],
  });
});
