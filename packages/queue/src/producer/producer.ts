import { type InboundEvent, type Now, systemNow, withDeadline } from "@millrace/core";
import { type JobQueue, PRODUCER_TIMEOUT_MS, type QueueBackend } from "../backends/backend.ts";
import type { QueueDefinition } from "../catalogue.ts";
import { createBatcher } from "./batcher.ts";
import { jobOptions } from "./job-options.ts";
import { promoteJob } from "./promote-job.ts";
import { QueueUnavailableError } from "./queue-unavailable-error.ts";

/** Adds events to a queue. */
export type Producer = {
  /**
   * Resolves once all events are in the queue. Otherwise it rejects with QueueUnavailableError within a second, or later
   * by the time that a transfer of `bytes` needs; callers state `bytes` when their events may be large. After several
   * failures in a row it rejects at once, but for one probe a second. An event that the queue has already is not added
   * again.
   */
  enqueue(events: readonly InboundEvent[], bytes?: number): Promise<void>;
  /**
   * Makes a delayed job run now; does nothing when the job is not delayed. Returns false when it does not exist. Rejects
   * with QueueUnavailableError when the store does not do it.
   */
  promote(eventId: string): Promise<boolean>;
  /** Waits for the accepted events and closes the queue. */
  close(): Promise<void>;
};

/** Bytes per ms that a busy store is assumed to accept. */
const BYTES_PER_MS = 1_000;

/** Requests of this size have a round trip of their own and a longer timeout. */
const LARGE_BYTES = 100_000;

/**
 * Creates a producer that shares round trips among requests. Each round trip is a transaction, so that all events of a
 * request are in the queue or none.
 */
export function createProducer(backend: QueueBackend, definition: QueueDefinition, now: Now = systemNow): Producer {
  const queue = backend.queue(definition.name);
  // A connection can hang without an error; the deadline keeps it from blocking the next round trip.
  const batcher = createBatcher((events, timeoutMs) =>
    backend.breaker.observe(withDeadline(add(queue, definition, events, now), timeoutMs)),
  );
  return {
    async enqueue(events, bytes = 0) {
      if (events.length === 0) return;
      backend.breaker.admit();
      await batcher.add(events, PRODUCER_TIMEOUT_MS + (bytes < LARGE_BYTES ? 0 : bytes / BYTES_PER_MS));
    },
    async promote(eventId) {
      try {
        return await promote(queue, eventId);
      } catch {
        throw new QueueUnavailableError("the queue did not promote the job");
      }
    },
    async close() {
      await batcher.drain();
      await queue.close();
    },
  };
}

async function promote(queue: JobQueue, eventId: string): Promise<boolean> {
  const job = await queue.getJob(eventId);
  if (!job) return false;
  if (!(await job.isDelayed())) return true;
  await promoteJob(job);
  return true;
}

async function add(
  queue: JobQueue,
  definition: QueueDefinition,
  events: readonly InboundEvent[],
  now: Now,
): Promise<void> {
  await queue.addBulk(
    events.map((event) => ({
      name: event.kind,
      data: event,
      opts: {
        ...jobOptions(definition),
        jobId: event.id,
        ...(event.notBefore === undefined ? {} : { delay: Math.max(0, Date.parse(event.notBefore) - now().getTime()) }),
      },
    })),
  );
}
