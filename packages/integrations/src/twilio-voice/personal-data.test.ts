import { expect, test } from "vitest";
import { TWILIO_SECRET_PATTERNS, twilioPersonalData } from "./personal-data.ts";

const call = { CallSid: "CA1", From: "+4915500000777", To: "+4930000000200", CallStatus: "completed" };

test("a call is about both of its numbers, and a recording about its call", () => {
  expect(twilioPersonalData(call).parties).toEqual(["CA1", "+4915500000777", "+4930000000200"]);
  expect(twilioPersonalData({ CallSid: "CA1", RecordingSid: "RE1" }).parties).toEqual(["CA1"]);
});

test("a number that forwarded the call, a name and a transcription are mentioned", () => {
  const texts = { ForwardedFrom: "+49301", CallerName: "Ines", TranscriptionText: "Hello" };
  expect(twilioPersonalData({ ...call, ...texts }).mentioned).toEqual(["+49301", "Ines", "Hello"]);
});

test("statuses and durations stay in a redacted payload", () => {
  const redacted = { CallSid: "[redacted]", From: "[redacted]", To: "[redacted]" };
  expect(twilioPersonalData({ ...call, CallDuration: "12" }).redact()).toEqual({
    ...call,
    CallDuration: "12",
    ...redacted,
  });
});

test("an auth token and a signature are secrets, and a SID is none", () => {
  const redacted = (text: string) => TWILIO_SECRET_PATTERNS.reduce((rest, one) => rest.replaceAll(one, "*"), text);
  const hex = "0b1c".repeat(8);
  expect(redacted(`${hex} AC${hex} 0/KCTR6DLpKmkAf8muzZqo1nDgQ=`)).toBe(`* AC${hex} *`);
});
