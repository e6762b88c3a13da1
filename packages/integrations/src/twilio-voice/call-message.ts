import { type Handled, type InboundEvent, parsePayload, written } from "@millrace/core";
import { callFact } from "../shared/call/call-fact.ts";
import { directionOf, threadOf } from "./parties.ts";
import { statusSchema } from "./schema.ts";
import { timeOf } from "./timestamp.ts";

/** The statuses of a call that has ended: https://www.twilio.com/docs/voice/api/call-resource#call-status-values */
const ENDED: ReadonlySet<string> = new Set(["completed", "busy", "no-answer", "failed", "canceled"]);

/** The statuses before the end. */
const GOING_ON: ReadonlySet<string> = new Set(["queued", "initiated", "ringing", "in-progress", "answered"]);

/**
 * Handles a status of a call. The one that ends it becomes a message. The recording and the transcription of the call
 * change that message, before or after it arrives.
 */
export function handleStatus(event: InboundEvent): Handled {
  const call = parsePayload(statusSchema, event.payload);
  const { CallStatus: outcome } = call;
  if (GOING_ON.has(outcome)) return { result: "ignored", detail: "the call goes on", facts: [] };
  if (!ENDED.has(outcome)) return { result: "unhandled", detail: "unknown status of a call", facts: [] };
  const direction = directionOf(call.Direction);
  // The message of a forwarded call is that of the caller's leg.
  if (direction === "leg") return { result: "ignored", detail: "a leg of a forwarded call", facts: [] };
  const durationSeconds = secondsOf(call.CallDuration);
  // The event has the time of the call's end.
  const startedAt = new Date(timeOf(call.Timestamp, event).getTime() - (durationSeconds ?? 0) * 1000);
  return written(
    callFact({
      thread: threadOf(call),
      id: call.CallSid,
      direction,
      answered: outcome === "completed",
      startedAt,
      outcome,
      durationSeconds,
      transcript: undefined,
      summary: undefined,
      recording: undefined,
      payload: event.payload,
    }),
  );
}

/** Seconds as digits. A call lasts a day at most: https://www.twilio.com/docs/voice/api/call-resource#create-a-call */
function secondsOf(field: string | undefined): number | undefined {
  return field !== undefined && /^\d{1,6}$/.test(field) ? Number(field) : undefined;
}
