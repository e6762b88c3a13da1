import { type Job, UnrecoverableError } from "bullmq";
import { z } from "zod";

/**
 * BullMQ's limit of stalls, which no job reaches. BullMQ counts the stalls of a job's whole life. Millrace counts those of
 * one attempt.
 */
export const BULLMQ_MAX_STALLED = 1_000_000;

/**
 * After so many stalls a job is a suspect: it may be what ends its workers. It may also be innocent, because all jobs that a
 * worker runs at the same time stall with it. So suspects run one by one, and the next stall of one that ran dead-letters it.
 */
const SUSPECT_STALLS = 2;

/** A job's progress, as its workers keep it. */
const progress = z.object({
  /** How many of its stalls do not count, because they belong to attempts that ended. */
  excusedStalls: z.number(),
  /** How many stalls it had when it ran as a suspect in this attempt. */
  suspectedAfter: z.number().optional(),
});

/**
 * Throws when the current attempt has lost its worker too often.
 * @throws UnrecoverableError with a reason of the failure kind `stalled`
 */
function rejectStalled(job: Job): void {
  const { suspectedAfter } = progressOf(job);
  if (!isSuspect(job) || suspectedAfter === undefined || job.stalledCounter <= suspectedAfter) return;
  const error = new UnrecoverableError("stalled: the job stalled three times: its workers stopped or hung");
  error.stack = error.message;
  throw error;
}

/**
 * Creates a function that attempts the jobs of a worker: several at a time, but suspects one by one. The loss of the worker
 * therefore dead-letters at most one of them.
 */
export function createSuspectTurns(lockMs: number) {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = async (job: Job, attempt: () => Promise<unknown>, before: Promise<unknown>) => {
    await before;
    const { excusedStalls } = progressOf(job);
    await setProgress(job, lockMs, { excusedStalls, suspectedAfter: job.stalledCounter });
    return attempt();
  };
  return async (job: Job, attempt: () => Promise<unknown>): Promise<unknown> => {
    rejectStalled(job);
    if (!isSuspect(job)) return attempt();
    const result = inTurn(job, attempt, last);
    last = result.catch(() => undefined);
    return result;
  };
}

/**
 * Excuses the job's stalls when its attempt ends. This writes only after a stall, and only while the worker holds the
 * job's lock: an attempt that hung until another worker took the job is a stall itself.
 */
export async function excuseStalls(job: Job, lockMs: number, stalls = job.stalledCounter): Promise<void> {
  if (stalls > progressOf(job).excusedStalls) await setProgress(job, lockMs, { excusedStalls: stalls });
}

/** Excuses also the next stall of a job that waits at the head of its queue, because the job does not cause it. */
export function excuseStallWhileWaiting(job: Job, lockMs: number): Promise<void> {
  return excuseStalls(job, lockMs, job.stalledCounter + 1);
}

function isSuspect(job: Job): boolean {
  return job.stalledCounter - progressOf(job).excusedStalls >= SUSPECT_STALLS;
}

type Progress = z.infer<typeof progress>;

function progressOf(job: Job): Progress {
  return progress.safeParse(job.progress).data ?? { excusedStalls: 0 };
}

async function setProgress(job: Job, lockMs: number, next: Progress): Promise<void> {
  try {
    const isLocked = await job.extendLock(job.token ?? "", lockMs);
    if (isLocked) await job.updateProgress(next);
  } catch {
    // The store is away. Then the stalls count as before.
  }
}
