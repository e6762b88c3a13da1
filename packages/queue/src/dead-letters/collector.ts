import type { Job } from "bullmq";
import type { DeadLetterStore, ExhaustedJob, Logger, Now } from "@millrace/core";
import type { JobQueue } from "../backends/backend.ts";
import type { QueueDefinition } from "../catalogue.ts";
import { parseReason } from "../failure.ts";

/** Jobs read from the queue at a time. */
const PAGE = 100;

/** How far the clocks of two workers may differ, in ms: the newest failures are looked at again for this long. */
const CLOCK_SKEW_MS = 60_000;

/** Sees to it that every given-up job of a queue has its dead letter. */
export type DeadLetterCollector = {
  /** Writes the dead letter of a job that has just failed for good. */
  capture(job: Job): Promise<void>;
  /**
   * Looks through the failed jobs for ends that nobody wrote down: the worker was killed, Postgres was away. Then
   * removes the jobs whose dead letter is older than the queue keeps them.
   */
  sweep(): Promise<void>;
};

/** A collector for one queue. Any number may run at once: the table's unique key makes them one. */
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
    const letter = describe(job, definition, new Date(failedAt));
    const isNew = await store.record(letter);
    recent.set(job.id, failedAt);
    if (!isNew) return;
    const { queue: name, jobId, integration, kind, errorKind, error, attempts, correlationId } = letter;
    log.error(
      { queue: name, jobId, integration, kind, errorKind, error, attempts, correlationId },
      "job.dead_lettered",
    );
  }

  return {
    capture,
    async sweep() {
      const startedAt = now().getTime();
      const since = sweptUntil - CLOCK_SKEW_MS;
      const missed: unknown[] = [];
      for (let from = 0; ; from += PAGE) {
        const jobs = await queue.getJobs(["failed"], from, from + PAGE - 1, false);
        const unseen = jobs.filter((job) => (job.finishedOn ?? 0) >= since);
        // One that cannot be written must not keep the others from being written.
        for (const job of unseen) await capture(job).catch((error: unknown) => missed.push(error));
        if (unseen.length < PAGE) break;
      }
      // Then nothing counts as swept, and nothing is removed: the next sweep looks at all of them again.
      if (missed.length > 0) throw missed[0];
      sweptUntil = startedAt;
      for (const [jobId, failedAt] of recent) if (failedAt < since) recent.delete(jobId);
      await removeOld(queue, startedAt - definition.keepFailedMs);
    },
  };
}

/** By now each of these was captured by a sweep, in this process or before. */
async function removeOld(queue: JobQueue, before: number): Promise<void> {
  for (;;) {
    const jobs = await queue.getJobs(["failed"], 0, PAGE - 1, true);
    const old = jobs.filter((job) => (job.finishedOn ?? Number.POSITIVE_INFINITY) < before);
    for (const job of old) await job.remove();
    if (old.length < PAGE) return;
  }
}

function describe(job: Job, definition: QueueDefinition, failedAt: Date): ExhaustedJob {
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
    const { integration, id, kind, payload, correlationId, receivedAt } = event.data;
    return { ...common, integration, eventId: id, kind, payload, correlationId, receivedAt: new Date(receivedAt) };
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
