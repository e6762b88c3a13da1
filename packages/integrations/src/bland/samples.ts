import { derivedUuid, type Environment, hmacSha256Hex, type Sample } from "@millrace/core";
import { readSampleSecret } from "./config.ts";
import { BLAND_PATHS, SIGNATURE_HEADER } from "./webhook.ts";

const OUR_NUMBER = "+12025550100";

/** Sample requests as Bland sends them. Each call of the function creates new calls. */
export function blandSamples(
  environment: Environment,
  now: Date,
  { text = "Can I come at three?", number = "+12025550123" }: Readonly<Record<string, string>> = {},
): Record<string, Sample> {
  const secret = readSampleSecret(environment);

  /** `name` makes the call ids of one call unique. */
  const sample = (name: string, fields: Record<string, unknown>): Sample => {
    const call_id = derivedUuid("bland sample", name, String(now.getTime()));
    const body = JSON.stringify({ call_id, c_id: call_id, ...fields });
    const signature = hmacSha256Hex(secret, Buffer.from(body));
    return {
      path: BLAND_PATHS[0],
      headers: { "content-type": "application/json", [SIGNATURE_HEADER]: signature },
      body,
    };
  };

  const outbound = { to: number, from: OUR_NUMBER, inbound: false };
  const inbound = { to: OUR_NUMBER, from: number, inbound: true };
  const times = {
    created_at: new Date(now.getTime() - 65_000).toISOString(),
    started_at: new Date(now.getTime() - 60_000).toISOString(),
  };
  const ended = {
    ...times,
    completed: true,
    status: "completed",
    queue_status: "complete",
    answered_by: "human",
    call_length: 0.7,
    corrected_duration: "42",
    summary: "The caller asked for an appointment at three and got it.",
    transcripts: [
      { id: 1, user: "assistant", text: "Hello, this is the mill. How can I help?" },
      { id: 2, user: "user", text },
      { id: 3, user: "agent-action", text: "Checked the calendar" },
      { id: 4, user: "assistant", text: "Yes, three o'clock is free." },
    ],
    recording_url: "https://recordings.bland.example/sandbox.mp3",
    error_message: null,
    variables: {},
    metadata: {},
  };
  const silent = {
    ...ended,
    transcripts: [],
    summary: null,
    recording_url: null,
    call_length: 0,
    corrected_duration: "0",
  };

  return {
    "call-completed": sample("completed", { ...inbound, ...ended }),
    "call-outbound": sample("outbound", { ...outbound, ...ended }),
    "call-no-answer": sample("no-answer", {
      ...outbound,
      ...silent,
      status: "no-answer",
      answered_by: "no-answer",
    }),
    "call-voicemail": sample("voicemail", {
      ...outbound,
      ...silent,
      answered_by: "voicemail",
      corrected_duration: "20",
    }),
    event: sample("event", { ...outbound, category: "call", message: "Call answered", log_level: "info" }),
  };
}
