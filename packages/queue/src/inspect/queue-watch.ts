import type { Job } from "bullmq";
import type { Now } from "@millrace/core";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";
import type { QueueDefinition } from "../catalogue.ts";

/** How a queue stands. */
export type QueueState = {
  queue: string;
  /** Since when the job at the head of the line waits; undefined when none does. */
  waitsSince: Date | undefined;
  /** Workers that consume it; undefined where the store does not tell. */
  workers: number | undefined;
  /** Since when it was seen without a worker in every look. */
  unconsumedSince: Date | undefined;
};

/** Watches queues from one look to the next. */
export type QueueWatch = {
  look(): Promise<QueueState[]>;
  close(): Promise<void>;
};

/**
 * A watch over some queues. It counts workers by the names of their connections, which BullMQ gives them on either
 * store, so that a worker that was killed counts no more.
 */
export function createQueueWatch(backend: QueueBackend, definitions: readonly QueueDefinition[], now: Now): QueueWatch {
  const watched = definitions.map(({ name }) => ({ name, queue: backend.queue(name), head: createHead(now) }));
  const unconsumed = new Map<string, Date>();
  return {
    look: () =>
      Promise.all(
        watched.map(async ({ name, queue, head }) => {
          const [waitsSince, workers] = await Promise.all([head(queue), backend.countWorkers(queue)]);
          if (workers !== 0) unconsumed.delete(name);
          else if (!unconsumed.has(name)) unconsumed.set(name, now());
          return { queue: name, waitsSince, workers, unconsumedSince: unconsumed.get(name) };
        }),
      ),
    close: async () => {
      for (const { queue } of watched) await queue.close();
    },
  };
}

/**
 * Tells since when the head of a line waits. A job that is new waits since it was added. One that was put off, or has
 * been tried, came back to the line at a time that nobody wrote down: it waits since it was first seen at the head.
 */
function createHead(now: Now): (queue: JobQueue) => Promise<Date | undefined> {
  let seen = new Map<string, Date>();
  return async (queue) => {
    const heads: Job[] = await queue.getJobs(["waiting", "prioritized"], 0, 0, true);
    const since = new Map(
      heads.map((job) => {
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
