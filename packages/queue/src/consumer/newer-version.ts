import { EVENT_VERSION, permanent } from "@millrace/core";
import type { AttemptOutcome } from "./attempt-outcome.ts";

/** How long a job of a newer version waits for a newer worker, each time and in total since its receipt, in ms. */
const WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 24 * 3_600_000;

/**
 * Decides about a job with data that this worker cannot read. During a rolling update a newer process adds jobs of a newer
 * version: those wait for a newer worker. Other data never becomes readable, so its job becomes a dead letter at once.
 */
export function afterUnreadable(job: { data: unknown; timestamp: number }, now: Date): AttemptOutcome {
  const fields = typeof job.data === "object" && job.data !== null ? job.data : {};
  const isNewer = "v" in fields && typeof fields.v === "number" && fields.v > EVENT_VERSION;
  if (isNewer && now.getTime() - receivedAt(fields, job.timestamp) < LONGEST_WAIT_MS) {
    const detail = "this worker does not know the version of the job's data yet";
    return { outcome: "snoozed", detail, retryAt: new Date(now.getTime() + WAIT_MS) };
  }
  return { outcome: "failed", error: permanent("this worker does not know the version of the job's data") };
}

/** When ingest received the event, in ms; when the job was added, if this version of the data does not state it. */
function receivedAt(fields: object, addedAt: number): number {
  const received = "receivedAt" in fields ? Date.parse(String(fields.receivedAt)) : Number.NaN;
  return Number.isNaN(received) ? addedAt : received;
}
