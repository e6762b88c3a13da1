import type { Job } from "bullmq";
import type { DeadLetterStore, ExhaustedJob, Logger, Now } from "@millrace/core";
import type { JobQueue } from "../backends/backend.ts";
import type { QueueDefinition } from "../catalogue.ts";
import { parseReason } from "../consumer/failure.ts";

/** Jobs read from the queue at a time. */
const PAGE = 100;

/** Largest difference between the clocks of two workers, in ms: a sweep reads failures of that age again. */
const CLOCK_SKEW_MS = 10 * 60_000;

/** Writes a dead letter for every failed job of a queue. */
export type DeadLetterCollector = {
  /** Writes the dead letter of a job that has just failed for good. */
  capture(job: Job): Promise<void>;
  /**
   * Writes the dead letters that `capture` missed, because the worker was killed or Postgres was away. Then removes the
   * failed jobs that are older than the queue keeps them. Ends early, and does not count, when `stopping` aborts.
   */
  sweep(stopping: AbortSignal): Promise<void>;
};

/**
 * Creates a collector for one queue. Any number of collectors may run at once, because a unique key in the table allows
 * one dead letter per job.
 */
export function createDeadLetterCollector(
  queue: JobQueue,
  definition: QueueDefinition,
  store: DeadLetterStore,
  log: Logger,
  now: Now,
): DeadLetterCollector {
  let sweptUntil = 0;
  const recent = new Map<string, number>();

  async function capture(job: Job): Promise<void> {
    const failedAt = job.finishedOn ?? now().getTime();
    if (job.id === undefined || recent.get(job.id) === failedAt) return;
    const exhausted = exhaustedJob(job, definition, new Date(failedAt));
    const isNew = await store.record(exhausted);
    recent.set(job.id, failedAt);
    if (isNew) log.error(logFields(exhausted), "job.dead_lettered");
  }

  /** Returns the failed jobs that have no dead letter of their latest failure. */
  async function unrecorded(jobs: readonly Job[]): Promise<Job[]> {
    const failures = jobs.map((job) => ({ job, jobId: job.id ?? "", failedAt: new Date(job.finishedOn ?? 0) }));
    const unknown = failures.filter(({ jobId, failedAt }) => recent.get(jobId) !== failedAt.getTime());
    if (unknown.length === 0) return [];
    const recorded = await store.findRecorded(definition.name, unknown);
    return unknown.filter(({ jobId }) => !recorded.has(jobId)).map(({ job }) => job);
  }

  return {
    capture,
    async sweep(stopping) {
      const startedAt = now().getTime();
      const since = sweptUntil - CLOCK_SKEW_MS;
      const errors: unknown[] = [];
      for (let from = 0; ; from += PAGE) {
        const jobs = await queue.getJobs(["failed"], from, from + PAGE - 1, false);
        const unseen = jobs.filter((job) => (job.finishedOn ?? 0) >= since);
        // The first sweep finds the failures of two weeks. Most are recorded, and one statement per page finds them.
        for (const job of await unrecorded(unseen)) {
          if (stopping.aborted) return;
          // One dead letter that cannot be written must not block the others.
          await capture(job).catch((error: unknown) => errors.push(error));
        }
        if (stopping.aborted) return;
        if (unseen.length < PAGE) break;
      }
      // After an error the sweep does not count and removes nothing: the next one reads all these jobs again.
      if (errors.length > 0) throw errors[0];
      sweptUntil = startedAt;
      for (const [jobId, failedAt] of recent) if (failedAt < since) recent.delete(jobId);
      await removeOld(queue, startedAt - definition.keepFailedMs, stopping);
    },
  };
}

/** Removes failed jobs. An earlier sweep, of this process or another, has captured each of them. */
async function removeOld(queue: JobQueue, before: number, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const jobs = await queue.getJobs(["failed"], 0, PAGE - 1, true);
    const old = jobs.filter((job) => (job.finishedOn ?? Number.POSITIVE_INFINITY) < before);
    for (const job of old) await job.remove();
    if (old.length < PAGE) return;
  }
}

function exhaustedJob(job: Job, definition: QueueDefinition, failedAt: Date): ExhaustedJob {
  const event = definition.schema.safeParse(job.data);
  const { kind: errorKind, message: error } = parseReason(job.failedReason);
  const common = {
    queue: definition.name,
    jobId: job.id ?? "",
    errorKind,
    error,
    attempts: job.attemptsMade,
    failedAt,
  };
  if (event.success) {
    const { integration, id, kind, payload, correlationId, receivedAt, index } = event.data;
    const origin = { correlationId, receivedAt: new Date(receivedAt), index };
    return { ...common, integration, eventId: id, kind, payload, ...origin };
  }
  return {
    ...common,
    integration: definition.integration,
    eventId: common.jobId,
    kind: job.name,
    payload: job.data,
    correlationId: common.jobId,
    receivedAt: new Date(job.timestamp),
  };
}

/** The fields without the payload, which contains personal data. */
function logFields(job: ExhaustedJob): Record<string, unknown> {
  const { queue, jobId, integration, kind, errorKind, error, attempts, correlationId } = job;
  return { queue, jobId, integration, kind, errorKind, error, attempts, correlationId };
}
