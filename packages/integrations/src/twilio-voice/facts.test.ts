import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { factLines } from "../../test/describe-facts.ts";
import { NOW } from "../../test/fetch-ports.ts";
import { handlePurely, inboundEvent } from "../../test/handle-event.ts";
import { localEnvironment } from "../../test/local-environment.ts";
import { isFor, requestOf } from "../../test/webhook-request.ts";
import { twilioHandler } from "./handler.ts";
import { twilioVoice } from "./index.ts";
import { CALL_PATH, CALLBACK_PATH } from "./webhook.ts";

const folder = new URL("fixtures/", import.meta.url);
const { environment } = localEnvironment(twilioVoice);
const samples = twilioVoice.samples(environment, NOW, { call: "CA1" });
const webhooks = twilioVoice.webhooks(environment);

/** The event of a body that Twilio posts to a path. */
function eventOf(path: string, body: string) {
  const sample = { path, headers: {}, body };
  const webhook = webhooks.find((one) => isFor(one, sample));
  const [event] = webhook?.parse(requestOf(webhook.paths, sample, environment)) ?? [];
  if (!event) throw new Error("no event");
  return inboundEvent("twilio-voice", event);
}

/** The event of a fixture. A fixture with `call-` in front is posted to the webhook for calls. */
function fixtureEvent(name: string) {
  const path = name.startsWith("call-") ? CALL_PATH : CALLBACK_PATH;
  return eventOf(path, readFileSync(new URL(`${name}.form`, folder), "utf8"));
}

const ACCOUNT = "AC3f0e1d2c3b4a59687786958473625140";
const IN = `in direct twilio-voice/${ACCOUNT}`;
const INES = `${IN} with 4915500000777?`;
const END = "at 2026-09-21T14:13:20Z";
const RECEIVED = "at 2026-11-23T08:00:00Z";
const idOf = (hex: string) => `CA${hex.padStart(32, "0")}`;

/** The facts of each fixture. */
const FIXTURES: Record<string, readonly string[]> = {
  "call-begins": ["unhandled: the call begins", `activity that opens ${INES} ${RECEIVED}`],
  "call-recorded": ["unhandled: the call begins", `activity that opens ${INES} ${RECEIVED}`],
  completed: [`inbound call (received) ${idOf("1")} ${INES} of the contact as activity at 2026-09-21T14:12:38Z`],
  forwarded: [
    `inbound call (received) ${idOf("8")} ${INES} (Ines Okafor) of the contact as activity at 2026-09-21T14:12:17Z`,
  ],
  "leg-of-a-forwarded-call": ["ignored: a leg of a forwarded call"],
  "no-answer": [`inbound call (received) ${idOf("2")} ${INES} of the contact as activity ${END}`],
  ringing: ["ignored: the call goes on"],
  "unknown-status": ["unhandled: unknown status of a call"],
  "outbound-completed": [`outbound call (delivered) ${idOf("3")} ${INES} of the contact at 2026-09-21T14:11:45Z`],
  "outbound-voicemail": [`outbound call (delivered) ${idOf("4")} ${INES} of the contact at 2026-09-21T14:12:59Z`],
  "outbound-busy": [`outbound call (failed) ${idOf("5")} ${INES} of the contact ${END}`],
  "outbound-failed": [`outbound call (failed) ${idOf("6")} ${INES} of the contact ${END}`],
  "outbound-canceled": [`outbound call (failed) ${idOf("7")} ${INES} of the contact ${END}`],
  ...Object.fromEntries(
    [
      ["withheld-number", "a", idOf("a")],
      ["anonymous", "b", idOf("b")],
      ["without-caller", "c", idOf("c")],
      ["anonymous-sip", "d", idOf("d")],
      ["sip-caller", "e", "sip:ines@pbx.example"],
      ["client-caller", "f", "client:ines"],
    ].map(([name, call = "", person]) => [
      name,
      [`inbound call (received) ${idOf(call)} ${IN} with ${person} of the contact as activity at 2026-09-21T14:13:08Z`],
    ]),
  ),
  "without-our-number": ["fails: the call does not name our number"],
  "without-direction": ["fails: payload not understood: Direction"],
  "odd-details": [
    `inbound call (received) ${idOf("13")} ${INES} (\uFFFDInes\uFFFD\uFFFD\uFFFD) of the contact as activity ${RECEIVED}`,
  ],
  recording: [`media RE${"1".padStart(32, "0")} of ${idOf("1")} at ${ACCOUNT} at 2026-09-21T14:12:44Z`],
  "recording-begins": ["ignored: the recording has no file"],
  "recording-absent": ["ignored: the recording has no file"],
  "recording-of-a-conference": ["unhandled: the recording belongs to no call"],
  transcription: [`transcript "Please call Ines back on +49 155 0000 0777" of ${idOf("1")} at ${ACCOUNT} ${RECEIVED}`],
  "transcription-failed": ["ignored: the transcription has no text"],
  damaged: ["fails: the form has no status of a call, a recording or a transcription"],
  "json-instead-of-a-form": ["fails: the form has no status of a call, a recording or a transcription"],
};

const SAMPLE_ACCOUNT = "AC5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
const ADA = `in direct twilio-voice/${SAMPLE_ACCOUNT} with 15550100200?`;

/** The facts of each sample. */
const SAMPLES: Record<string, readonly string[]> = {
  "call-completed": [`inbound call (received) CA1 ${ADA} of the contact as activity at 2026-11-23T07:59:18Z`],
  "call-begins": ["unhandled: the call begins", `activity that opens ${ADA} ${RECEIVED}`],
  "call-missed": [`inbound call (received) CA1 ${ADA} of the contact as activity ${RECEIVED}`],
  "call-out": [`outbound call (delivered) CA1 ${ADA} of the contact at 2026-11-23T07:58:25Z`],
  "call-out-busy": [`outbound call (failed) CA1 ${ADA} of the contact ${RECEIVED}`],
  recording: [`media RE12a63d9ed2cab3ec251baa4c772406d6 of CA1 at ${SAMPLE_ACCOUNT} ${RECEIVED}`],
  transcription: [`transcript "Hello, is the blue one still there?" of CA1 at ${SAMPLE_ACCOUNT} ${RECEIVED}`],
};

test("every fixture and every sample has a row in the table", () => {
  const fixtures = readdirSync(folder).map((file) => file.replace(".form", ""));
  expect(Object.keys(FIXTURES).toSorted()).toEqual(fixtures.toSorted());
  expect(Object.keys(SAMPLES).toSorted()).toEqual(Object.keys(samples).toSorted());
});

test.each(Object.entries(FIXTURES))("the fixture %s becomes its facts", (name, facts) => {
  expect(factLines(twilioHandler, fixtureEvent(name))).toEqual(facts);
});

test.each(Object.entries(SAMPLES))("the sample %s becomes its facts", (name, facts) => {
  const { path, body } = samples[name] ?? { path: "", body: "" };
  expect(factLines(twilioHandler, eventOf(path, body))).toEqual(facts);
});

test.each([
  ["completed", "completed", 42],
  ["no-answer", "no-answer", 0],
  ["outbound-voicemail", "completed", 21],
  ["odd-details", "completed", undefined],
])("the call of %s has its outcome and duration, and our number decides the tenant", (name, outcome, seconds) => {
  const event = fixtureEvent(name);
  expect(handlePurely(twilioHandler, event).facts).toMatchObject([
    {
      thread: { owner: { provider: "twilio-voice", noun: "number", externalId: "+4930000000200" } },
      message: { type: "call", call: { outcome, durationSeconds: seconds }, payload: event.payload },
    },
  ]);
  expect(twilioVoice.accountOf(event)).toBe("+4930000000200");
});

test("a recording announces the file that the API has", () => {
  const media = { id: `RE${"1".padStart(32, "0")}`, mimeType: "audio/mpeg" };
  expect(handlePurely(twilioHandler, fixtureEvent("recording")).facts).toMatchObject([{ change: { media } }]);
});
