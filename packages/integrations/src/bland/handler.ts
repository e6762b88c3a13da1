import { type EventHandler, type Handled, type InboundEvent, parsePayload, permanent, written } from "@millrace/core";
import { callFact, callThread, type TranscriptLine, transcriptText } from "../shared/call/call-fact.ts";
import { callerOf } from "../shared/call/caller.ts";
import { type EndedCall, endedCall } from "./schema.ts";

/** Handles the events of Bland's webhook. */
export const blandHandler: EventHandler = { handle };

function handle(event: InboundEvent): Handled {
  switch (event.kind) {
    case "call":
      return handleCall(event);
    default:
      return { result: "unhandled", facts: [] };
  }
}

function handleCall(event: InboundEvent): Handled {
  const call = parsePayload(endedCall, event.payload);
  const { call_id: id, inbound, from, to, call_length } = call;
  const [ours, theirs] = inbound ? [to, from] : [from, to];
  if (ours === undefined) throw permanent(`payload not understood: ${inbound ? "to" : "from"}`, "payload");
  const outcome = outcomeOf(call);
  const fact = callFact({
    thread: callThread({ provider: "bland", noun: "number", externalId: ours }, callerOf("bland", theirs, id)),
    id,
    direction: inbound ? "inbound" : "outbound",
    answered: !NOT_REACHED.test(outcome),
    startedAt: call.started_at ?? call.created_at ?? new Date(event.receivedAt),
    outcome,
    durationSeconds: call.corrected_duration ?? (call_length === undefined ? undefined : Math.round(call_length * 60)),
    transcript: transcriptText(phrasesOf(call).flatMap(lineOf)),
    summary: call.summary,
    recording: call.recording_url === undefined ? undefined : { id },
    payload: event.payload,
  });
  return written(fact);
}

/** The outcomes of an outbound call that nobody accepted: https://docs.bland.ai/api-v1/get/calls-id */
const NOT_REACHED = /no-answer|busy|failed|cancel|error/;

/** A call that reached a voicemail, or nobody, can have the status `completed` all the same. */
function outcomeOf({ answered_by, status, queue_status }: EndedCall): string {
  if (answered_by === "voicemail" || answered_by === "no-answer") return answered_by;
  return status ?? queue_status ?? "unknown";
}

type Phrase = EndedCall["transcripts"][number];

/** The phrases of a call, else those of its one text, which has the form `user: Hello \n assistant: Hi`. */
function phrasesOf({ transcripts, concatenated_transcript = "" }: EndedCall): Phrase[] {
  if (transcripts.length > 0) return transcripts;
  return concatenated_transcript.split(/\n *(?=(?:user|assistant|robot|agent-action) *:)/).map((part) => {
    const [, user, text] = /^ *([a-z-]+) *:(.*)$/s.exec(part) ?? [];
    return { user, text: text ?? part };
  });
}

/** The line of a phrase; none for the log of an action. */
function lineOf({ user, text = "" }: Phrase): TranscriptLine[] {
  if (user === "agent-action") return [];
  return [{ speaker: user === "user" ? "Caller" : "Agent", text }];
}
