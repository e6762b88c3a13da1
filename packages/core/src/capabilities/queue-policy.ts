/** How many attempts a job has, and the bounds of the delays between them. */
export type RetryPolicy = { attempts: number; baseMs: number; capMs: number };

/** How the jobs of a queue are processed. */
export type QueuePolicy = {
  retry: RetryPolicy;
  /** Whether one worker runs the jobs in order: one at a time, or those at the front of the queue together. */
  inOrder: boolean;
  /** Deadline of one attempt, in ms. */
  deadlineMs: number;
  /** How long a job may wait for a provider since it was added, in ms. After that it becomes a dead letter. */
  expiresAfterMs: number;
  /** How long completed jobs stay in the queue: by age in seconds and by number, whichever is reached first. */
  keepCompleted: { age: number; count: number };
};

/** The policies of a capability's queues by their roles. A role is the part of a queue's name after the integration. */
export type QueuePolicies = Readonly<Record<string, QueuePolicy>>;

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
 * Rate limits, paused accounts, and an outage of a provider or of our own Postgres cost no attempt. A wait for a provider
 * ends when the job expires.
 */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 8, baseMs: 2_000, capMs: 3_600_000 };

const HOUR_MS = 3_600_000;

/** How long the jobs of a queue may wait for a provider, in ms. */
export const EXPIRES_AFTER_MS = {
  /** A lead is still worth a call after days. */
  inbound: 7 * 24 * HOUR_MS,
  /** A customer does not expect an answer of the AI to a message of yesterday. */
  aiTurn: HOUR_MS,
  /** As long as a platform lets a business answer freely. A caller can set `expiresAt` for a message. */
  send: 24 * HOUR_MS,
  /** As long as platforms keep files, at least. */
  media: 14 * 24 * HOUR_MS,
  conversion: 14 * 24 * HOUR_MS,
};

/** The policy of a queue with jobs that make a few calls. */
export const DEFAULT_POLICY: QueuePolicy = {
  retry: DEFAULT_RETRY,
  inOrder: false,
  deadlineMs: 30_000,
  expiresAfterMs: EXPIRES_AFTER_MS.inbound,
  keepCompleted: { age: 3_600, count: 1_000 },
};

/** The deadline of jobs that transfer files: the transfer of a 100 MB file over a slow connection, and its calls. */
export const FILE_DEADLINE_MS = 660_000;
