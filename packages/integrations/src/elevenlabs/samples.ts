import { type Environment, type Sample, timestampedHeader } from "@millrace/core";
import { readSampleSecret } from "./config.ts";
import { ELEVENLABS_PATHS, SIGNATURE_HEADER, SIGNATURE_VERSION } from "./webhook.ts";

const AGENT = "agent_sandbox";
const OUR_NUMBER = "+49305550100";

/** Sample requests as ElevenLabs sends them. Each call of the function creates new conversations. */
export function elevenLabsSamples(
  environment: Environment,
  now: Date,
  { text = "Are you open on Saturday?", number = "+49305550123" }: Readonly<Record<string, string>> = {},
): Record<string, Sample> {
  const secret = readSampleSecret(environment);
  const seconds = Math.floor(now.getTime() / 1000);

  /** `name` makes the conversation ids of one call unique. */
  const sample = (name: string, type: string, data: Record<string, unknown>): Sample => {
    const conversation_id = `conv_${name}_${now.getTime()}`;
    const event = { type, event_timestamp: seconds, data: { agent_id: AGENT, conversation_id, ...data } };
    const body = JSON.stringify(event);
    const signature = timestampedHeader(SIGNATURE_VERSION, secret, now, body);
    return {
      path: ELEVENLABS_PATHS[0],
      headers: { "content-type": "application/json", [SIGNATURE_HEADER]: signature },
      body,
    };
  };

  const ended = (phone_call: Record<string, unknown> | null) => ({
    status: "done",
    transcript: [
      { role: "agent", message: "Hello, this is the mill. How can I help?", time_in_call_secs: 0 },
      { role: "user", message: text, time_in_call_secs: 4 },
      { role: "agent", message: "Yes, from nine to noon.", time_in_call_secs: 7 },
    ],
    metadata: {
      start_time_unix_secs: seconds - 60,
      call_duration_secs: 42,
      termination_reason: "Call ended by remote party",
      phone_call,
    },
    analysis: {
      call_successful: "success",
      transcript_summary: "The caller asked for the opening hours on Saturday.",
    },
    has_audio: true,
  });
  const phoneCall = (direction: string) => ({
    type: "twilio",
    direction,
    external_number: number,
    agent_number: OUR_NUMBER,
  });

  return {
    "call-completed": sample("completed", "post_call_transcription", ended(phoneCall("inbound"))),
    "call-outbound": sample("outbound", "post_call_transcription", ended(phoneCall("outbound"))),
    "call-from-website": sample("website", "post_call_transcription", { ...ended(null), has_audio: false }),
    "call-no-answer": sample("no_answer", "call_initiation_failure", {
      failure_reason: "no-answer",
      metadata: {
        type: "twilio",
        body: { From: OUR_NUMBER, To: number, Direction: "outbound-api", CallStatus: "no-answer" },
      },
    }),
    audio: sample("completed", "post_call_audio", { full_audio: "SUQzBAAAAAAAI1RTU0UAAAAPAAADTGF2ZjYx" }),
  };
}
