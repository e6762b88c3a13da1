import { expect, test } from "vitest";
import { NOW } from "../../test/fetch-ports.ts";
import { localEnvironment } from "../../test/local-environment.ts";
import { isAuthentic, requestOf } from "../../test/webhook-request.ts";
import { elevenlabs } from "./index.ts";
import { ELEVENLABS_PATHS, elevenLabsWebhook } from "./webhook.ts";

const { environment } = localEnvironment(elevenlabs);
const samples = elevenlabs.samples(environment, NOW);
const webhook = elevenLabsWebhook({ secrets: [environment["ELEVENLABS_WEBHOOK_SECRET"] ?? ""] });

function requestFor(name: string) {
  const sample = samples[name];
  if (!sample) throw new Error("no sample");
  return requestOf(ELEVENLABS_PATHS, sample, environment);
}

function parse(event: unknown) {
  const [parsed] = webhook.parse({ ...requestFor("audio"), body: Buffer.from(JSON.stringify(event)) });
  if (!parsed) throw new Error("no event");
  return parsed;
}

test("10: a signed time is accepted within half an hour, in the past and in the future", async () => {
  for (const [minutes, expected] of [
    [-30, true],
    [30, true],
    [-30.1, false],
    [30.1, false],
  ] as const) {
    const now = new Date(NOW.getTime() + minutes * 60_000);
    expect(await isAuthentic(webhook, requestFor("call-completed"), now)).toBe(expected);
  }
});

test("10: a signature that covers the body without its time is rejected", async () => {
  const request = requestFor("call-completed");
  const header = request.headers["elevenlabs-signature"] ?? "";
  const later = header.replace(/^t=\d+/, `t=${NOW.getTime() / 1000 + 1}`);
  expect(await isAuthentic(webhook, { ...request, headers: { "elevenlabs-signature": later } }, NOW)).toBe(false);
});

test("the audio of a call is in no event", () => {
  const [event] = webhook.parse(requestFor("audio"));
  expect(JSON.stringify(event)).not.toContain("SUQz");
  expect(event).toMatchObject({ kind: "post_call_audio", payload: { data: { agent_id: "agent_sandbox" } } });
});

test("3: the events of one call have different ids, and a repeated event has the same id", () => {
  const data = { conversation_id: "conv_1" };
  const of = (type: string, event_timestamp: number) => parse({ type, event_timestamp, data }).id;
  expect(of("post_call_transcription", 1)).toBe("post_call_transcription.conv_1");
  expect(of("post_call_transcription", 2)).toBe("post_call_transcription.conv_1");
  expect(of("call_initiation_failure", 1)).toBe("call_initiation_failure.conv_1");
});

test("two different events of an unknown type about one call are both kept", () => {
  const of = (mood: string) => parse({ type: "mood", data: { conversation_id: "conv_1", mood } });
  expect(of("calm").kind).toBe("event");
  expect(of("calm").id).not.toBe(of("angry").id);
});
