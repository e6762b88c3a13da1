import { setTimeout as wait } from "node:timers/promises";
import { EVENT_VERSION, permanent } from "@millrace/core";
import type { AttemptDeps } from "./attempt-deps.ts";
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

/**
 * Lets a job of an ordered queue wait at the head of the queue, where the jobs behind it cannot overtake it. The job then
 * returns to the head, so that the worker checks again whether it holds the queue's lease.
 * @param beforeWait runs before the job waits
 */
export async function waitAtHead(
  { stopping, now }: Pick<AttemptDeps, "stopping" | "now">,
  result: AttemptOutcome,
  lockLost: AbortSignal | undefined,
  beforeWait: () => Promise<void>,
): Promise<AttemptOutcome> {
  const { retryAt, detail } = result;
  if (!retryAt) return result;
  await beforeWait();
  const signal = lockLost ? AbortSignal.any([stopping, lockLost]) : stopping;
  await wait(Math.max(0, retryAt.getTime() - now().getTime()), undefined, { signal }).catch(() => undefined);
  return { outcome: "returned", detail };
}

/** When ingest received the event, in ms; when the job was added, if this version of the data does not state it. */
function receivedAt(fields: object, addedAt: number): number {
  const received = "receivedAt" in fields ? Date.parse(String(fields.receivedAt)) : Number.NaN;
  return Number.isNaN(received) ? addedAt : received;
}
