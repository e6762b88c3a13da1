import type { JobsOptions } from "bullmq";
import { type InboundEvent, type Now, systemNow, withDeadline } from "@millrace/core";
import { type JobQueue, PRODUCER_TIMEOUT_MS, type QueueBackend } from "./backends/backend.ts";
import type { QueueDefinition } from "./catalogue.ts";

/** The queue did not take the events in time, or cannot take more now. None of them counts as accepted. */
export class QueueUnavailableError extends Error {
  override readonly name = "QueueUnavailableError";
}

/** Puts events into a queue. */
export type Producer = {
  /**
   * Resolves once all events are in the queue; rejects with {@link QueueUnavailableError} within a second when they
   * are not, or in as much longer as it takes to hand `bytes` over, their size where they may be large. An event that is
   * in the queue already is not added again.
   */
  enqueue(events: readonly InboundEvent[], bytes?: number): Promise<void>;
  /** Has a job that waits for a later time done now; nothing happens when it does not wait, or is not there. */
  wake(eventId: string): Promise<void>;
  /** Waits for what was accepted, then lets go of the queue. */
  close(): Promise<void>;
};

type Request = {
  events: readonly InboundEvent[];
  /** How long its round trip may take, in ms. */
  timeoutMs: number;
  resolve: () => void;
  reject: (reason: Error) => void;
  sent: boolean;
};

/** Most events in one round trip, unless a single request has more. Redis works on one for about 15 ms then. */
const MAX_BATCH = 500;

/**
 * Round trips at a time, and how many events are enough for one to leave before this turn of the event loop ends: the
 * store works on the first while the process takes in the rest. Measured on two cores with 64 connections (webhooks
 * per second on Redis, of those of a server that only verifies; runs scatter by 0.05): leaving at the end of the turn
 * 0.79, with 8 events 0.75, with 16 0.80, with 32 0.83.
 */
const MAX_UNDER_WAY = 4;
const ENOUGH = 32;

/** Bytes that a store that is busy with other things is thought to take in a ms. */
const BYTES_PER_MS = 1_000;

/** From this size on a request has a round trip for itself, lest small ones wait for it longer than they may. */
const LARGE_BYTES = 100_000;

/** Most events that wait for a round trip. At 2 kB each about 40 MB; beyond it, callers are told to come back. */
const MAX_WAITING = 20_000;

/**
 * A producer that shares round trips: requests that arrive together leave together. Each round trip is a transaction,
 * so that a request is in the queue as a whole or not at all.
 */
export function createProducer(backend: QueueBackend, definition: QueueDefinition, now: Now = systemNow): Producer {
  const queue = backend.queue(definition.name);
  const waiting: Request[] = [];
  const underWay = new Set<Promise<void>>();
  let waitingEvents = 0;
  let scheduled = false;

  /** Sends what has gathered: at once when it is enough for the store to begin with, else at the end of this turn. */
  function schedule(): void {
    if (waiting.length === 0 || underWay.size >= MAX_UNDER_WAY) return;
    if (waitingEvents >= ENOUGH) {
      depart();
      return;
    }
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      if (waiting.length > 0 && underWay.size < MAX_UNDER_WAY) depart();
    });
  }

  function depart(): void {
    const trip = send(takeBatch()).finally(() => {
      underWay.delete(trip);
      schedule();
    });
    underWay.add(trip);
    // What did not fit need not wait for this one.
    schedule();
  }

  async function send(batch: readonly Request[]): Promise<void> {
    try {
      // A connection can hang without an error; then the next round trip must not wait for this one.
      await withDeadline(
        add(
          queue,
          definition,
          batch.flatMap((request) => request.events),
          now,
        ),
        Math.max(...batch.map(({ timeoutMs }) => timeoutMs)),
      );
      for (const request of batch) request.resolve();
    } catch {
      for (const request of batch) request.reject(new QueueUnavailableError("the queue did not take the events"));
    }
  }

  function takeBatch(): Request[] {
    const batch: Request[] = [];
    let events = 0;
    for (let next = waiting[0]; next && fits(next, batch, events); next = waiting[0]) {
      waiting.shift();
      next.sent = true;
      events += next.events.length;
      batch.push(next);
    }
    waitingEvents -= events;
    return batch;
  }

  return {
    enqueue(events, bytes = 0) {
      if (events.length === 0) return Promise.resolve();
      if (waitingEvents + events.length > MAX_WAITING)
        return Promise.reject(new QueueUnavailableError("too many events are waiting"));
      const timeoutMs = PRODUCER_TIMEOUT_MS + (bytes < LARGE_BYTES ? 0 : bytes / BYTES_PER_MS);
      return new Promise((resolve, reject) => {
        const request: Request = { events, timeoutMs, sent: false, resolve: settle(resolve), reject: settle(reject) };
        const timer = setTimeout(() => {
          if (!request.sent) {
            waiting.splice(waiting.indexOf(request), 1);
            waitingEvents -= events.length;
          }
          reject(new QueueUnavailableError("the queue did not answer in time"));
        }, timeoutMs);
        function settle<Args extends unknown[]>(done: (...args: Args) => void) {
          return (...args: Args) => {
            clearTimeout(timer);
            done(...args);
          };
        }
        waiting.push(request);
        waitingEvents += events.length;
        schedule();
      });
    },
    async wake(eventId) {
      const job = await queue.getJob(eventId);
      if (!job || !(await job.isDelayed())) return;
      // Between the look and the step its time may have come.
      await job.promote().catch(async (error: unknown) => {
        if (await job.isDelayed()) throw error;
      });
    },
    async close() {
      while (waiting.length > 0 || underWay.size > 0) await Promise.race([...underWay, new Promise(setImmediate)]);
      await queue.close();
    },
  };
}

/** Whether a request can leave with those before it, which hold so many events. */
function fits(next: Request, batch: readonly Request[], events: number): boolean {
  const isAlone = [next, ...batch].some(({ timeoutMs }) => timeoutMs > PRODUCER_TIMEOUT_MS);
  return batch.length === 0 || (!isAlone && events + next.events.length <= MAX_BATCH);
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

/** How BullMQ is to treat the jobs of a queue. */
export function jobOptions({ retry, inOrder }: QueueDefinition): Pick<JobsOptions, "attempts" | "backoff"> {
  return { attempts: inOrder ? 1 : retry.attempts, backoff: { type: "jittered" } };
}
