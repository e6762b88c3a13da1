/** How an attempt ended, and what BullMQ must do with the job. */
export type AttemptOutcome = {
  /** The result of the processor, or `failed`, `rate_limited`, `paused`, `unavailable`, `outage`, `snoozed` or `returned`. */
  outcome: string;
  error?: unknown;
  /** When the job runs again without using an attempt. */
  retryAt?: Date;
  /** The paused scope that the job waits for without using an attempt, and how long until its next probe, in ms. */
  waitsFor?: { scope: string; waitMs: number };
  detail?: string | undefined;
  /** Called once the job is delayed: whether it must still wait. */
  stillWaiting?: (() => Promise<boolean>) | undefined;
};
