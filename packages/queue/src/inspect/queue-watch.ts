import type { Job } from "bullmq";
import type { Now } from "@millrace/core";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";
import type { QueueDefinition } from "../catalogue.ts";
import { createUnconsumedQueues } from "./unconsumed.ts";

/** The state of a queue. */
export type QueueState = {
  queue: string;
  /** Since when the next job waits; undefined when no job waits. */
  waitsSince: Date | undefined;
  /** Workers that consume the queue; undefined when the store does not report them. */
  workers: number | undefined;
  /** Since when every reading found no worker. */
  unconsumedSince: Date | undefined;
  /** How many delayed jobs should have returned to the queue more than {@link OVERDUE_MS} ago. */
  overdue: number;
};

/**
 * How late a delayed job is before it counts as overdue, in ms. Workers are late by a second, or by as much as their clocks
 * differ.
 */
export const OVERDUE_MS = 600_000;

/** Reads the state of queues repeatedly. It remembers earlier readings. */
export type QueueWatch = {
  read(): Promise<QueueState[]>;
  close(): Promise<void>;
};

/**
 * Creates a watch over queues. It counts workers by their connections, which BullMQ names on both stores, so a killed
 * worker does not count.
 */
export function createQueueWatch(backend: QueueBackend, definitions: readonly QueueDefinition[], now: Now): QueueWatch {
  const watched = definitions.map(({ name }) => ({
    name,
    queue: backend.queue(name),
    readWaitsSince: createWaitReader(now),
  }));
  const unconsumed = createUnconsumedQueues(now);
  return {
    read: () =>
      Promise.all(
        watched.map(async ({ name, queue, readWaitsSince }) => {
          const [waitsSince, workers, overdue] = await Promise.all([
            readWaitsSince(queue),
            backend.countWorkers(queue),
            // A job's own delay is no help: BullMQ stores it without the time from which it counts.
            queue.getDelayedCount(now().getTime() - OVERDUE_MS),
          ]);
          return { queue: name, waitsSince, workers, unconsumedSince: unconsumed.record(name, workers), overdue };
        }),
      ),
    close: async () => {
      for (const { queue } of watched) await queue.close();
    },
  };
}

/**
 * Creates a function that returns since when the next job of a queue waits. A new job waits since it was added. For a job
 * that was delayed or retried, BullMQ does not store when it returned to the queue. It waits since it was first read as
 * the next job.
 */
function createWaitReader(now: Now): (queue: JobQueue) => Promise<Date | undefined> {
  let seen = new Map<string, Date>();
  return async (queue) => {
    const nextJobs: Job[] = await queue.getJobs(["waiting", "prioritized"], 0, 0, true);
    const since = new Map(
      nextJobs.map((job) => {
        const key = `${job.id}/${job.attemptsStarted}`;
        return [key, isNew(job) ? new Date(job.timestamp) : (seen.get(key) ?? now())] as const;
      }),
    );
    seen = since;
    const times = [...since.values()].map((time) => time.getTime());
    return times.length > 0 ? new Date(Math.min(...times)) : undefined;
  };
}

function isNew({ attemptsStarted, opts }: Job): boolean {
  return attemptsStarted === 0 && !opts.delay;
}
