import { inboundEventSchema } from "@millrace/core";

/** How often a job is tried and how long it waits in between. */
export type RetryPolicy = { attempts: number; baseMs: number; capMs: number };

/**
 * The default: exponential from 2 s with full jitter (a random part of the delay, so that jobs that failed together do
 * not come back together), at most 1 h.
 *
 * | attempt | longest delay before it | longest wait since the first |
 * | ------- | ----------------------- | ---------------------------- |
 * | 1       | -                       | -                            |
 * | 2       | 2 s                     | 2 s                          |
 * | 3       | 4 s                     | 6 s                          |
 * | 4       | 8 s                     | 14 s                         |
 * | 5       | 16 s                    | 30 s                         |
 * | 6       | 32 s                    | 1 min 2 s                    |
 * | 7       | 64 s                    | 2 min 6 s                    |
 * | 8       | 128 s                   | 4 min 14 s                   |
 *
 * Throttling, parked accounts and an outage of our own Postgres cost no attempt, however long they last.
 */
const DEFAULT_RETRY: RetryPolicy = { attempts: 8, baseMs: 2_000, capMs: 3_600_000 };

/** One queue: what its jobs hold and how they are treated. */
export type QueueDefinition = {
  name: string;
  /** Integration whose events it holds. */
  source: string;
  /** Job data, parsed when consumed; versioned by its field `v`. */
  schema: typeof inboundEventSchema;
  retry: RetryPolicy;
  /** Longest that one attempt may take, in ms. */
  deadlineMs: number;
  /** How long a completed job stays for looking at: by age in seconds and by number, whichever is less. */
  keepCompleted: { age: number; count: number };
  /** How long a given-up job stays in the queue once its dead letter is written, in ms. */
  keepFailedMs: number;
};

/** The queue that takes in the events of an integration. */
export function inboundQueue(source: string): QueueDefinition {
  return {
    name: `${source}-inbound`,
    source,
    schema: inboundEventSchema,
    retry: DEFAULT_RETRY,
    deadlineMs: 30_000,
    keepCompleted: { age: 3_600, count: 1_000 },
    keepFailedMs: 14 * 24 * 3_600_000,
  };
}

/** Every queue of these integrations. */
export function queueCatalogue(sources: readonly string[]): QueueDefinition[] {
  return sources.map(inboundQueue);
}

/** Delay before the next attempt in ms, after `attemptsMade` attempts, with full jitter by `random` in [0, 1). */
export function backoffMs({ baseMs, capMs }: RetryPolicy, attemptsMade: number, random: number): number {
  return Math.round(random * Math.min(capMs, baseMs * 2 ** (attemptsMade - 1)));
}
