import { createHash } from "node:crypto";
import { type Environment, localRequestUrl, type Sample, signUrl } from "@millrace/core";
import { readSampleToken } from "./config.ts";
import { CALL_PATH, CALLBACK_PATH, SIGNATURE_HEADER } from "./webhook.ts";

/** The account of the samples and of the sandbox. */
export const SAMPLE_ACCOUNT = `AC${"5a".repeat(16)}`;

/**
 * Sample requests as Twilio sends them. Each call creates a new call. The field `call` is its CallSid, so that a
 * recording can follow a call: `millrace send twilio-voice recording call=CA…`.
 */
export function twilioSamples(
  environment: Environment,
  now: Date,
  { call, from = "+15550100200" }: Readonly<Record<string, string>> = {},
): Record<string, Sample> {
  const token = readSampleToken(environment) ?? "";

  const sample = (path: string, fields: Readonly<Record<string, string>>): Sample => ({
    path,
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
      [SIGNATURE_HEADER]: signUrl(token, localRequestUrl(environment, path), Object.entries(fields)),
    },
    body: new URLSearchParams(fields).toString(),
  });

  const time = now.toUTCString();
  const common = { AccountSid: SAMPLE_ACCOUNT, ApiVersion: "2010-04-01" };
  const inbound = { Direction: "inbound", From: from, Caller: from, To: "+15550100100", Called: "+15550100100" };
  const outbound = { Direction: "outbound-api", From: "+15550100100", Caller: "+15550100100", To: from, Called: from };
  const ended = { CallbackSource: "call-progress-events", SequenceNumber: "3", Timestamp: time };
  /** Each sample is about another call, unless `call` is given. */
  const of = (name: string) => ({ ...common, CallSid: call ?? `CA${idOf(name, now)}` });
  const recording = (name: string) => ({ RecordingSid: `RE${idOf(`recording ${name}`, now)}` });
  const urlOf = (sid: string) => `https://api.twilio.com/2010-04-01/Accounts/${SAMPLE_ACCOUNT}/Recordings/${sid}`;

  const file = recording("recording");
  const transcribed = recording("transcription");
  return {
    "call-completed": sample(CALLBACK_PATH, {
      ...of("call-completed"),
      ...inbound,
      ...ended,
      CallStatus: "completed",
      CallDuration: "42",
    }),
    "call-begins": sample(CALL_PATH, { ...of("call-begins"), ...inbound, CallStatus: "ringing" }),
    "call-missed": sample(CALLBACK_PATH, {
      ...of("call-missed"),
      ...inbound,
      ...ended,
      CallStatus: "no-answer",
      CallDuration: "0",
    }),
    "call-out": sample(CALLBACK_PATH, {
      ...of("call-out"),
      ...outbound,
      ...ended,
      CallStatus: "completed",
      CallDuration: "95",
    }),
    "call-out-busy": sample(CALLBACK_PATH, {
      ...of("call-out-busy"),
      ...outbound,
      ...ended,
      CallStatus: "busy",
      CallDuration: "0",
    }),
    recording: sample(CALLBACK_PATH, {
      ...of("recording"),
      ...file,
      RecordingUrl: urlOf(file.RecordingSid),
      RecordingStatus: "completed",
      RecordingDuration: "17",
      RecordingChannels: "1",
      RecordingSource: "RecordVerb",
      RecordingStartTime: time,
    }),
    transcription: sample(CALLBACK_PATH, {
      ...of("transcription"),
      ...inbound,
      ...transcribed,
      RecordingUrl: urlOf(transcribed.RecordingSid),
      TranscriptionSid: `TR${idOf("transcription", now)}`,
      TranscriptionStatus: "completed",
      TranscriptionText: "Hello, is the blue one still there?",
      TranscriptionType: "fast",
      CallStatus: "completed",
    }),
  };
}

/** The 32 hexadecimal digits of an id. */
function idOf(name: string, now: Date): string {
  return createHash("md5").update(`${name} ${now.getTime()}`).digest("hex");
}
