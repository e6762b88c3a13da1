import {
  type AccountReference,
  type EventHandler,
  type Handled,
  type InboundEvent,
  parsePayload,
  written,
} from "@millrace/core";
import { callFact, callThread, transcriptText } from "../shared/call/call-fact.ts";
import { callerOf } from "../shared/call/caller.ts";
import { dateOfUnixSeconds, isObject } from "../shared/json-value.ts";
import { failurePayload, transcriptionPayload } from "./schema.ts";

/** Handles the events of ElevenLabs' webhook. */
export const elevenLabsHandler: EventHandler = { handle };

function handle(event: InboundEvent): Handled {
  switch (event.kind) {
    case "post_call_transcription":
      return handleTranscription(event);
    case "call_initiation_failure":
      return handleFailure(event);
    case "post_call_audio":
      return { result: "ignored", detail: "the recording is fetched from the API", facts: [] };
    default:
      return { result: "unhandled", facts: [] };
  }
}

/** A call that has ended. The event arrives after the analysis, so it has the transcript and the summary. */
function handleTranscription(event: InboundEvent): Handled {
  const { data, event_timestamp } = parsePayload(transcriptionPayload, event.payload);
  const { conversation_id: id, user_id, metadata, status } = data;
  const phoneCall = metadata?.phone_call;
  const lines = data.transcript.map(
    ({ role, message = "" }) => ({ speaker: role === "agent" ? "Agent" : "Caller", text: message }) as const,
  );
  const call = callFact({
    thread: callThread(agent(data.agent_id), callerOf("elevenlabs", phoneCall?.external_number, user_id ?? id)),
    id,
    direction: phoneCall?.direction === "outbound" ? "outbound" : "inbound",
    answered: status !== "failed",
    startedAt: dateOfUnixSeconds(metadata?.start_time_unix_secs) ?? timeOf(event_timestamp, event),
    outcome: status ?? "unknown",
    durationSeconds: metadata?.call_duration_secs,
    transcript: transcriptText(lines),
    summary: data.analysis?.transcript_summary,
    recording: data.has_audio ? { id } : undefined,
    payload: dataOf(event),
  });
  return written(call);
}

/**
 * A call that did not begin, because nobody answered or the network refused it. A call has either this event or a
 * transcription.
 */
function handleFailure(event: InboundEvent): Handled {
  const { data, event_timestamp } = parsePayload(failurePayload, event.payload);
  const { conversation_id: id, failure_reason, metadata } = data;
  const { To, From, Direction, to_number = To, from_number = From, direction = Direction } = metadata?.body ?? {};
  const inbound = direction?.startsWith("inbound") ?? false;
  const call = callFact({
    thread: callThread(agent(data.agent_id), callerOf("elevenlabs", inbound ? from_number : to_number, id)),
    id,
    direction: inbound ? "inbound" : "outbound",
    answered: false,
    startedAt: timeOf(event_timestamp, event),
    outcome: failure_reason ?? "unknown",
    durationSeconds: undefined,
    transcript: undefined,
    summary: undefined,
    recording: undefined,
    payload: dataOf(event),
  });
  return written(call);
}

function agent(externalId: string): AccountReference {
  return { provider: "elevenlabs", noun: "agent", externalId };
}

function timeOf(eventTimestamp: unknown, { receivedAt }: InboundEvent): Date {
  return dateOfUnixSeconds(eventTimestamp) ?? new Date(receivedAt);
}

/** The provider's object as it arrived. */
function dataOf({ payload }: InboundEvent): unknown {
  return isObject(payload) ? payload["data"] : payload;
}
