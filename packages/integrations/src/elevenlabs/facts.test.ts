import { readdirSync, readFileSync } from "node:fs";
import type { Call } from "@millrace/core";
import { expect, test } from "vitest";
import { factLines } from "../../test/describe-facts.ts";
import { NOW } from "../../test/fetch-ports.ts";
import { handlePurely, inboundEvent } from "../../test/handle-event.ts";
import { localEnvironment } from "../../test/local-environment.ts";
import { requestOf } from "../../test/webhook-request.ts";
import { elevenLabsHandler } from "./handler.ts";
import { elevenlabs } from "./index.ts";
import { ELEVENLABS_PATHS, elevenLabsWebhook } from "./webhook.ts";

const folder = new URL("fixtures/", import.meta.url);
const { environment } = localEnvironment(elevenlabs);
const samples = elevenlabs.samples(environment, NOW);
const webhook = elevenLabsWebhook({ secrets: ["weir"] });

/** The job of the event that a body becomes. */
function eventOf(body: string) {
  const sample = { path: ELEVENLABS_PATHS[0], headers: {}, body };
  const [event] = webhook.parse(requestOf(ELEVENLABS_PATHS, sample, environment));
  if (!event) throw new Error("no event");
  return inboundEvent("elevenlabs", event);
}

const readFixture = (name: string) => readFileSync(new URL(`${name}.json`, folder), "utf8");

const INES = "in direct elevenlabs/agent_mill01 with 491510000777? of the contact";
const ADA = "in direct elevenlabs/agent_sandbox with 49305550123? of the contact";
const AT = "at 2026-09-21T14:13:20Z";
const REFUSED = "at 2026-09-21T14:18:20Z";
const KETTLE = '"Ines Okafor asked for the blue kettle. The agent reserved one."';
const HOURS = '"The caller asked for the opening hours on Saturday."';
const TRANSCRIPT = [
  "Agent: Old Mill, good morning. How can I help?",
  "Caller: Hi, this is Ines Okafor. Is the blue kettle back?",
  "Agent: Yes, three are on the shelf.",
  "Caller: Great, put one aside please.",
].join("\n");

/** The facts of each fixture. */
const FIXTURES: Record<string, readonly string[]> = {
  audio: ["ignored: the recording is fetched from the API"],
  "before-audio-flags": [`inbound call ${KETTLE} (received) conv_weir0008 ${INES} as activity ${AT}`],
  "broken-without-agent": ["fails: payload not understood: data.agent_id"],
  "broken-without-conversation": ["fails: the event has no conversation_id"],
  "failure-busy-twilio": [`outbound call (failed) conv_weir0010 ${INES} ${REFUSED}`],
  "failure-inbound": [`inbound call (received) conv_weir0012 ${INES} as activity ${REFUSED}`],
  "failure-no-answer-sip": [`outbound call (failed) conv_weir0011 ${INES} ${REFUSED}`],
  "failure-without-details": [
    "outbound call (failed) conv_weir0013 in direct elevenlabs/agent_mill01 with conv_weir0013 of the contact at 2026-11-23T08:00:00Z",
  ],
  inbound: [`inbound call ${KETTLE} file conv_weir0001 (received) conv_weir0001 ${INES} as activity ${AT}`],
  "not-an-object": ["fails: the event is not an object"],
  "odd-details": [`inbound call "Caller: Hello?" (received) conv_weir0007 ${INES} as activity at 2026-09-21T14:16:20Z`],
  "outbound-failed": [`outbound call (failed) conv_weir0006 ${INES} ${AT}`],
  "outbound-without-summary": [
    `outbound call ${JSON.stringify(TRANSCRIPT)} file conv_weir0002 (delivered) conv_weir0002 ${INES} ${AT}`,
  ],
  "sip-address": [
    `inbound call ${KETTLE} file conv_weir0004 (received) conv_weir0004 in direct elevenlabs/agent_mill01 with sip:ines@pbx.example of the contact as activity ${AT}`,
  ],
  truncated: ["fails: the body is not JSON"],
  "type-of-tomorrow": ["unhandled"],
  "website-with-user-id": [
    `inbound call ${KETTLE} file conv_weir0005 (received) conv_weir0005 in direct elevenlabs/agent_mill01 with customer-77 of the contact as activity ${AT}`,
  ],
  "withheld-number": [
    `inbound call ${KETTLE} (received) conv_weir0003 in direct elevenlabs/agent_mill01 with conv_weir0003 of the contact as activity ${AT}`,
  ],
};

/** The facts of each sample. */
const SAMPLES: Record<string, readonly string[]> = {
  "call-completed": [
    `inbound call ${HOURS} file conv_completed_1795420800000 (received) conv_completed_1795420800000 ${ADA} as activity at 2026-11-23T07:59:00Z`,
  ],
  "call-outbound": [
    `outbound call ${HOURS} file conv_outbound_1795420800000 (delivered) conv_outbound_1795420800000 ${ADA} at 2026-11-23T07:59:00Z`,
  ],
  "call-from-website": [
    `inbound call ${HOURS} (received) conv_website_1795420800000 in direct elevenlabs/agent_sandbox with conv_website_1795420800000 of the contact as activity at 2026-11-23T07:59:00Z`,
  ],
  "call-no-answer": [`outbound call (failed) conv_no_answer_1795420800000 ${ADA} at 2026-11-23T08:00:00Z`],
  audio: ["ignored: the recording is fetched from the API"],
};

/** The details of the call in each fixture that has one of its own kind. */
const CALLS: Record<string, Partial<Call>> = {
  inbound: { outcome: "done", durationSeconds: 95, transcript: TRANSCRIPT, summary: JSON.parse(KETTLE) as string },
  "outbound-failed": { outcome: "failed", durationSeconds: 0, transcript: undefined, summary: undefined },
  "failure-busy-twilio": { outcome: "busy", durationSeconds: undefined, transcript: undefined, summary: undefined },
  "failure-without-details": { outcome: "unknown" },
  "odd-details": { outcome: "archived", durationSeconds: undefined, summary: undefined },
};

test("every fixture and every sample has a row in the table", () => {
  const fixtures = readdirSync(folder).map((file) => file.replace(".json", ""));
  expect(Object.keys(FIXTURES).toSorted()).toEqual(fixtures.toSorted());
  expect(Object.keys(SAMPLES).toSorted()).toEqual(Object.keys(samples).toSorted());
});

test.each(Object.entries(FIXTURES))("the fixture %s becomes its facts", (name, facts) => {
  expect(factLines(elevenLabsHandler, eventOf(readFixture(name)))).toEqual(facts);
});

test.each(Object.entries(SAMPLES))("the sample %s becomes its facts", (name, facts) => {
  expect(factLines(elevenLabsHandler, eventOf(samples[name]?.body ?? ""))).toEqual(facts);
});

test.each(Object.entries(CALLS))("the fixture %s has the details of its call", (name, call) => {
  const { data } = JSON.parse(readFixture(name)) as { data: unknown };
  const { facts } = handlePurely(elevenLabsHandler, eventOf(readFixture(name)));
  const account = { provider: "elevenlabs", noun: "agent", externalId: "agent_mill01" };
  expect(facts).toMatchObject([{ thread: { owner: account, threadId: undefined }, message: { call, payload: data } }]);
});
