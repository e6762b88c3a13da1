import { expect, test } from "vitest";
import { callFact, callThread, type FinishedCall, transcriptText } from "./call-fact.ts";
import { callerOf, phoneDigits } from "./caller.ts";

const owner = { provider: "mill", noun: "number", externalId: "+4930100" };

const call: FinishedCall = {
  thread: callThread(owner, callerOf("mill", "+49 30 5550101", "call-1")),
  id: "call-1",
  direction: "inbound",
  answered: true,
  startedAt: new Date("2026-11-23T08:00:00Z"),
  outcome: "completed",
  durationSeconds: 61,
  transcript: "Agent: Hello",
  summary: "Asked for the opening hours.",
  recording: undefined,
  payload: { id: "call-1" },
};

test("a call is a message of our account in the direct thread with the caller", () => {
  expect(callFact(call)).toMatchObject({
    fact: "message",
    thread: { owner, channel: "mill", accountId: "+4930100", threadId: undefined, kind: "direct" },
    activity: { at: call.startedAt, byUser: true },
    message: { externalId: "call-1", type: "call", body: call.summary, sentAt: call.startedAt, status: "received" },
  });
});

test("the account of the thread can differ from the number that decides the tenant", () => {
  expect(callThread(owner, call.thread.person ?? callerOf("mill", undefined, "call-1"), "AC1")).toMatchObject({
    owner,
    accountId: "AC1",
  });
});

test("an outbound call is delivered if it was answered, and its body is the transcript without a summary", () => {
  const outbound = { ...call, direction: "outbound", summary: undefined } as const;
  expect(callFact(outbound)).toMatchObject({
    activity: { byUser: false },
    message: { status: "delivered", body: "Agent: Hello" },
  });
  expect(callFact({ ...outbound, answered: false }).message.status).toBe("failed");
});

test.each([
  ["+49 30 5550101", "49305550101"],
  ["(555) 000-1111", "5550001111"],
  ["+266696687", undefined],
  ["anonymous", undefined],
  ["sip:ada@example.org", undefined],
  ["client:ada", undefined],
  ["0049305550101", undefined],
  ["+123", undefined],
  ["", undefined],
  [undefined, undefined],
])("the number %o has the digits %o", (number, digits) => {
  expect(phoneDigits(number)).toBe(digits);
});

test("the number of a caller is a transferable phone identity", () => {
  expect(callerOf("mill", "+49305550101", "call-1")).toEqual({
    identities: [{ channel: "phone", externalId: "49305550101", stable: false }],
    profile: { phone: "49305550101" },
  });
});

test.each([
  ["sip:ada@example.org", "sip:ada@example.org"],
  ["client:ada", "client:ada"],
  ["Restricted", "call-1"],
  ["sip:anonymous@anonymous.invalid", "call-1"],
  ["+266696687", "call-1"],
  ["", "call-1"],
  [undefined, "call-1"],
])("the caller %o has the stable identity %o of the channel", (party, externalId) => {
  expect(callerOf("mill", party, "call-1")).toEqual({
    identities: [{ channel: "mill", externalId, stable: true }],
    profile: {},
  });
});

test("a transcript has a line for each utterance", () => {
  const lines = [
    { speaker: "Agent", text: " Hello " },
    { speaker: "Caller", text: "" },
    { speaker: "Caller", text: "Hi" },
  ] as const;
  expect(transcriptText(lines)).toBe("Agent: Hello\nCaller: Hi");
  expect(transcriptText([])).toBeUndefined();
});
