import { type Job, UnrecoverableError } from "bullmq";
import { z } from "zod";

/**
 * BullMQ's limit of stalls, which no job reaches. BullMQ counts the stalls of a job's whole life. Millrace counts those of
 * one attempt.
 */
export const BULLMQ_MAX_STALLED = 1_000_000;

/**
 * After so many stalls a job is a suspect: it may be what ends its workers. It may also be innocent, because all jobs that a
 * worker runs at the same time stall with it. A suspect therefore runs while no other suspect of its queue runs on the same
 * worker. If it stalls again after that, it becomes a dead letter.
 */
const SUSPECT_STALLS = 2;

/** A job's progress, as its workers keep it. */
const progress = z.object({
  /** How many of its stalls do not count, because they belong to attempts that ended. */
  excusedStalls: z.number(),
  /** The number of its stalls when it last ran as a suspect in this attempt. */
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
 * Creates a function that attempts the jobs of a worker. A suspect waits in its queue while another one runs, so that the loss
 * of the worker dead-letters at most one job of the queue.
 * @param wait returns a job to its queue for a moment, and throws BullMQ's DelayedError
 */
export function createSuspectTurns(lockMs: number) {
  let isBusy = false;
  return async (job: Job, attempt: () => Promise<unknown>, wait: () => Promise<never>): Promise<unknown> => {
    rejectStalled(job);
    if (!isSuspect(job)) return attempt();
    if (isBusy) return wait();
    isBusy = true;
    try {
      const { excusedStalls } = progressOf(job);
      await setProgress(job, lockMs, { excusedStalls, suspectedAfter: job.stalledCounter });
      return await attempt();
    } finally {
      isBusy = false;
    }
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
