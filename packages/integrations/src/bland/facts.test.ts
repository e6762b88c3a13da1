import { readdirSync, readFileSync } from "node:fs";
import type { Call } from "@millrace/core";
import { expect, test } from "vitest";
import { factLines } from "../../test/describe-facts.ts";
import { NOW } from "../../test/fetch-ports.ts";
import { handlePurely, inboundEvent } from "../../test/handle-event.ts";
import { localEnvironment } from "../../test/local-environment.ts";
import { requestOf } from "../../test/webhook-request.ts";
import { blandHandler } from "./handler.ts";
import { bland } from "./index.ts";
import { BLAND_PATHS, blandWebhook } from "./webhook.ts";

const folder = new URL("fixtures/", import.meta.url);
const { environment } = localEnvironment(bland);
const samples = bland.samples(environment, NOW);
const webhook = blandWebhook({ secrets: ["weir"] });

/** The job of the event that a body becomes. */
function eventOf(body: string) {
  const sample = { path: BLAND_PATHS[0], headers: {}, body };
  const [event] = webhook.parse(requestOf(BLAND_PATHS, sample, environment));
  if (!event) throw new Error("no event");
  return inboundEvent("bland", event);
}

const readFixture = (name: string) => readFileSync(new URL(`${name}.json`, folder), "utf8");

const idOf = (call: number) => `0a1b2c3d-0000-4000-8000-0000000000${String(call).padStart(2, "0")}`;
const INES = "in direct bland/+12025550101 with 12025550177? of the contact";
const ADA = "in direct bland/+12025550100 with 12025550123? of the contact";
const AT = "at 2026-09-21T14:13:20Z";
const CREATED = "at 2026-09-21T14:13:15.025Z";
const STARTED = "at 2026-11-23T07:59:00Z";
const KETTLE = '"Ines Okafor asked for the blue kettle. The agent reserved one."';
const THREE = '"The caller asked for an appointment at three and got it."';
const TRANSCRIPT = [
  "Agent: Old Mill, good morning.",
  "Caller: This is Ines Okafor. Is the blue kettle back?",
  "Agent: Yes, three are on the shelf.",
].join("\n");

/** The facts of each fixture. */
const FIXTURES: Record<string, readonly string[]> = {
  "broken-without-call-id": ["fails: the call has no call_id"],
  "broken-without-our-number": ["fails: payload not understood: to"],
  "concatenated-transcript-alone": [
    `inbound call ${JSON.stringify(TRANSCRIPT)} file ${idOf(7)} (received) ${idOf(7)} ${INES} as activity ${AT}`,
  ],
  "event-during-call": ["unhandled"],
  "forwarded-status-of-tomorrow": [
    `inbound call "Transferred to the workshop." file ${idOf(8)} (received) ${idOf(8)} ${INES} as activity ${AT}`,
  ],
  inbound: [`inbound call ${KETTLE} file ${idOf(1)} (received) ${idOf(1)} ${INES} as activity ${AT}`],
  "not-an-object": ["fails: the call is not an object"],
  "odd-details": [
    `outbound call "Caller: Hello?" file ${idOf(9)} (delivered) ${idOf(9)} ${INES} at 2026-11-23T08:00:00Z`,
  ],
  "outbound-failed": [`outbound call (failed) ${idOf(5)} ${INES} ${CREATED}`],
  "outbound-no-answer": [`outbound call (failed) ${idOf(4)} ${INES} ${CREATED}`],
  "outbound-voicemail": [
    `outbound call "Left a message about the kettle." file ${idOf(3)} (delivered) ${idOf(3)} ${INES} ${AT}`,
  ],
  "outbound-without-summary": [
    `outbound call ${JSON.stringify(TRANSCRIPT)} file ${idOf(2)} (delivered) ${idOf(2)} ${INES} ${AT}`,
  ],
  truncated: ["fails: the body is not JSON"],
  "withheld-number": [
    `inbound call ${KETTLE} (received) ${idOf(6)} in direct bland/+12025550101 with ${idOf(6)} of the contact as activity ${AT}`,
  ],
};

const COMPLETED = "1695a91a-65f3-5c54-a346-ae3865bd864d";
const OUTBOUND = "50485302-9cd2-5451-b1d8-ea55a3fda762";

/** The facts of each sample. */
const SAMPLES: Record<string, readonly string[]> = {
  "call-completed": [`inbound call ${THREE} file ${COMPLETED} (received) ${COMPLETED} ${ADA} as activity ${STARTED}`],
  "call-outbound": [`outbound call ${THREE} file ${OUTBOUND} (delivered) ${OUTBOUND} ${ADA} ${STARTED}`],
  "call-no-answer": [`outbound call (failed) a6b402e0-9d01-57a2-a77b-453193d2d58e ${ADA} ${STARTED}`],
  "call-voicemail": [`outbound call (delivered) 84b19dcb-4d11-5b3f-ab17-b91ab96f80bf ${ADA} ${STARTED}`],
  event: ["unhandled"],
};

/** The details of the call in each fixture that has one of its own kind. */
const CALLS: Record<string, Partial<Call>> = {
  inbound: { outcome: "completed", durationSeconds: 95, transcript: TRANSCRIPT, summary: JSON.parse(KETTLE) as string },
  "concatenated-transcript-alone": { durationSeconds: 95, transcript: TRANSCRIPT, summary: undefined },
  "outbound-voicemail": { outcome: "voicemail", durationSeconds: 24, transcript: undefined },
  "outbound-no-answer": { outcome: "no-answer", durationSeconds: 0, summary: undefined },
  "outbound-failed": { outcome: "failed", durationSeconds: undefined },
  "forwarded-status-of-tomorrow": { outcome: "forwarded" },
  "odd-details": { outcome: "unknown", durationSeconds: undefined, summary: undefined },
};

test("every fixture and every sample has a row in the table", () => {
  const fixtures = readdirSync(folder).map((file) => file.replace(".json", ""));
  expect(Object.keys(FIXTURES).toSorted()).toEqual(fixtures.toSorted());
  expect(Object.keys(SAMPLES).toSorted()).toEqual(Object.keys(samples).toSorted());
});

test.each(Object.entries(FIXTURES))("the fixture %s becomes its facts", (name, facts) => {
  expect(factLines(blandHandler, eventOf(readFixture(name)))).toEqual(facts);
});

test.each(Object.entries(SAMPLES))("the sample %s becomes its facts", (name, facts) => {
  expect(factLines(blandHandler, eventOf(samples[name]?.body ?? ""))).toEqual(facts);
});

test.each(Object.entries(CALLS))("the fixture %s has the details of its call", (name, call) => {
  const { facts } = handlePurely(blandHandler, eventOf(readFixture(name)));
  const account = { provider: "bland", noun: "number", externalId: "+12025550101" };
  const payload: unknown = JSON.parse(readFixture(name));
  expect(facts).toMatchObject([{ thread: { owner: account, threadId: undefined }, message: { call, payload } }]);
});
