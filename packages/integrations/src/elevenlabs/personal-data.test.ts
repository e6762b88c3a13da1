import { expect, test } from "vitest";
import { elevenLabsPersonalData } from "./personal-data.ts";

const NUMBER = "+491510000777";
const data = { agent_id: "agent_1", conversation_id: "conv_1" };

test.each([
  [{ type: "post_call_transcription", data: { ...data, metadata: { phone_call: { external_number: NUMBER } } } }],
  [{ type: "call_initiation_failure", data: { ...data, metadata: { body: { To: NUMBER, From: "+4930555001" } } } }],
  [{ ...data, metadata: { phone_call: { external_number: NUMBER } } }],
  [{ reason: "no id", raw: { data: { metadata: { body: { to_number: NUMBER } } } } }],
])("a call is about its caller: %j", (payload) => {
  expect(elevenLabsPersonalData(payload).parties).toContain(NUMBER);
});

test("a call without a number is about the caller who is known by the id of the conversation", () => {
  expect(elevenLabsPersonalData({ type: "post_call_transcription", data }).parties).toEqual(["conv_1"]);
});

test("a transcript is redacted, and the id of the agent stays", () => {
  const transcript = [{ role: "user", message: "I am Ines", time_in_call_secs: 3 }];
  expect(elevenLabsPersonalData({ data: { ...data, transcript } }).redact()).toEqual({
    data: {
      agent_id: "agent_1",
      conversation_id: "[redacted]",
      transcript: [{ role: "user", message: "[redacted]", time_in_call_secs: 3 }],
    },
  });
});
