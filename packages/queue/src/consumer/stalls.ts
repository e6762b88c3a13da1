import { type Job, UnrecoverableError } from "bullmq";
import { z } from "zod";

/**
 * BullMQ's limit of stalls, which no job reaches. BullMQ counts the stalls of a job's whole life. Millrace counts those of
 * one attempt.
 */
export const BULLMQ_MAX_STALLED = 1_000_000;

/**
 * A job that stalls runs again, twice at most. The third stall dead-letters it, so that it cannot stop every worker. All jobs
 * that a worker runs at the same time stall with it, so a job that stalled twice is a suspect, and runs apart from other ones.
 */
const MAX_STALLED = 2;

/** A job's progress: how many of its stalls do not count, because they belong to attempts that ended. */
const progress = z.object({ excusedStalls: z.number() });

/**
 * Throws when the current attempt has lost its worker too often.
 * @throws UnrecoverableError with a reason of the failure kind `stalled`
 */
export function rejectStalled(job: Job): void {
  if (countedStalls(job) <= MAX_STALLED) return;
  const error = new UnrecoverableError("stalled: the job stalled three times: its workers stopped or hung");
  error.stack = error.message;
  throw error;
}

/**
 * Excuses the job's stalls when its attempt ends. This writes only after a stall, and only while the worker holds the
 * job's lock: an attempt that hung until another worker took the job is a stall itself.
 */
export async function excuseStalls(job: Job, lockMs: number, stalls = job.stalledCounter): Promise<void> {
  if (stalls > excusedStalls(job)) await setExcusedStalls(job, lockMs, stalls);
}

async function setExcusedStalls(job: Job, lockMs: number, stalls: number): Promise<void> {
  try {
    const isLocked = await job.extendLock(job.token ?? "", lockMs);
    if (isLocked) await job.updateProgress({ excusedStalls: stalls });
  } catch {
    // The store is away. Then the stalls count further.
  }
}

/** Excuses also the next stall of a job that waits at the head of its queue, because the job does not cause it. */
export function excuseStallWhileWaiting(job: Job, lockMs: number): Promise<void> {
  return excuseStalls(job, lockMs, job.stalledCounter + 1);
}

/**
 * Creates a function that attempts the jobs of a worker: several at a time, but suspects one by one. The stall of a suspect
 * that waits for its turn does not count, so the loss of a worker dead-letters at most one of its jobs.
 */
export function createSuspectTurns(lockMs: number) {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = async (job: Job, attempt: () => Promise<unknown>, before: Promise<unknown>) => {
    const excused = excusedStalls(job);
    await setExcusedStalls(job, lockMs, excused + 1);
    await before;
    await setExcusedStalls(job, lockMs, excused);
    return attempt();
  };
  return (job: Job, attempt: () => Promise<unknown>): Promise<unknown> => {
    if (countedStalls(job) !== MAX_STALLED) return attempt();
    const result = inTurn(job, attempt, last);
    last = result.catch(() => undefined);
    return result;
  };
}

function countedStalls(job: Job): number {
  return job.stalledCounter - excusedStalls(job);
}

function excusedStalls(job: Job): number {
  return progress.safeParse(job.progress).data?.excusedStalls ?? 0;
}
