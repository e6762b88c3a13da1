import { type Capabilities, inboundEventSchema, type QueueRole, rolesOf } from "@millrace/core";

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
 * Throttling, paused accounts and an outage of our own Postgres cost no attempt, however long they last.
 */
const DEFAULT_RETRY: RetryPolicy = { attempts: 8, baseMs: 2_000, capMs: 3_600_000 };

/**
 * Requests to send are worked on one at a time: the first of the line is tried again where it stands, lest the second
 * pass it. What still fails after 8 tries in a few seconds is given up; an outage of our own Postgres is waited for.
 */
const RETRY_IN_PLACE: RetryPolicy = { attempts: 8, baseMs: 50, capMs: 2_000 };

/**
 * What is uploaded loses nothing by waiting, is sent again without harm, and one job is of thousands: an outage of hours is
 * waited for, as above and on: after the 12th attempt each waits for up to 1 h, and the 16th is at most 5 h 8 min after
 * the first.
 */
const RETRY_UPLOADS: RetryPolicy = { ...DEFAULT_RETRY, attempts: 16 };

/** One queue: what its jobs hold and how they are treated. */
export type QueueDefinition = {
  name: string;
  /** Integration whose events it holds. */
  integration: string;
  role: QueueRole;
  /** Job data, parsed when consumed; versioned by its field `v`. */
  schema: typeof inboundEventSchema;
  retry: RetryPolicy;
  /** Whether its jobs are worked on one at a time among all workers, each to its end before the next. */
  inOrder: boolean;
  /** Longest that one attempt may take, in ms. */
  deadlineMs: number;
  /** How long a completed job stays for looking at: by age in seconds and by number, whichever is less. */
  keepCompleted: { age: number; count: number };
  /** How long a given-up job stays in the queue once its dead letter is written, in ms. */
  keepFailedMs: number;
};

/** Eleven minutes: a file of 100 MB over a slow line, fetched or uploaded, and what belongs to it. */
const FILE_DEADLINE_MS = 660_000;

/** One queue of an integration. */
export function queueDefinition(integration: string, role: QueueRole): QueueDefinition {
  const inOrder = role === "requests";
  return {
    name: `${integration}-${role}`,
    integration,
    role,
    schema: inboundEventSchema,
    retry: retryOf(role),
    inOrder,
    deadlineMs: role === "media" || role === "outbound" ? FILE_DEADLINE_MS : 30_000,
    keepCompleted: { age: 3_600, count: role === "requests" ? 100 : 1_000 },
    keepFailedMs: 14 * 24 * 3_600_000,
  };
}

function retryOf(role: QueueRole): RetryPolicy {
  if (role === "requests") return RETRY_IN_PLACE;
  return role === "uploads" ? RETRY_UPLOADS : DEFAULT_RETRY;
}

/** Every queue of these integrations. */
export function queueCatalogue(integrations: readonly ({ id: string } & Capabilities)[]): QueueDefinition[] {
  return integrations.flatMap((integration) =>
    rolesOf(integration).map((role) => queueDefinition(integration.id, role)),
  );
}

/** Delay before the next attempt in ms, after `attemptsMade` attempts, with full jitter by `random` in [0, 1). */
export function backoffMs({ baseMs, capMs }: RetryPolicy, attemptsMade: number, random: number): number {
  return Math.round(random * Math.min(capMs, baseMs * 2 ** (attemptsMade - 1)));
}
