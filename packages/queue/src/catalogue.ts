import { type Capabilities, inboundEventSchema, type QueueRole, rolesOf } from "@millrace/core";

/** How many attempts a job has, and the bounds of the delays between them. */
export type RetryPolicy = { attempts: number; baseMs: number; capMs: number };

/**
 * The default: exponential backoff from 2 s, at most 1 h, with full jitter (a random part of the delay), so that jobs
 * that failed together are not retried together.
 *
 * | attempt | longest delay before it | longest time since the first |
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
 * Rate limits, paused accounts and an outage of our own Postgres cost no attempt, however long they last.
 */
const DEFAULT_RETRY: RetryPolicy = { attempts: 8, baseMs: 2_000, capMs: 3_600_000 };

/**
 * API requests run one at a time. The job at the head of the queue is retried in place, so that the next one does not
 * overtake it. After 8 attempts in a few seconds it is dead-lettered. An outage of our own Postgres costs no attempt.
 */
const RETRY_IN_PLACE: RetryPolicy = { attempts: 8, baseMs: 50, capMs: 2_000 };

/**
 * An upload can wait for hours without loss, and repeating it is harmless, so it has more attempts than the default. From
 * the 13th attempt on the delay is up to 1 h, and the 16th is at most 5 h 8 min after the first.
 */
const RETRY_UPLOADS: RetryPolicy = { ...DEFAULT_RETRY, attempts: 16 };

/** One queue: its jobs' data and how they are processed. */
export type QueueDefinition = {
  name: string;
  /** Id of the integration. */
  integration: string;
  role: QueueRole;
  /** Schema of the job data, which has a version in its field `v`. */
  schema: typeof inboundEventSchema;
  retry: RetryPolicy;
  /** Whether jobs run one at a time among all workers, in order. */
  inOrder: boolean;
  /** Deadline of one attempt, in ms. */
  deadlineMs: number;
  /** How long completed jobs stay in the queue: by age in seconds and by number, whichever is reached first. */
  keepCompleted: { age: number; count: number };
  /** How long a failed job stays in the queue after its dead letter is written, in ms. */
  keepFailedMs: number;
};

/** Eleven minutes: the transfer of a 100 MB file over a slow connection, and the calls around it. */
const FILE_DEADLINE_MS = 660_000;

/** Returns the definition of one queue. */
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

/** Returns the definitions of all queues of the integrations. */
export function queueCatalogue(integrations: readonly ({ id: string } & Capabilities)[]): QueueDefinition[] {
  return integrations.flatMap((integration) =>
    rolesOf(integration).map((role) => queueDefinition(integration.id, role)),
  );
}

/** Returns the delay in ms after `attemptsMade` attempts, with full jitter by `random` in [0, 1). */
export function backoffMs({ baseMs, capMs }: RetryPolicy, attemptsMade: number, random: number): number {
  return Math.round(random * Math.min(capMs, baseMs * 2 ** (attemptsMade - 1)));
}
