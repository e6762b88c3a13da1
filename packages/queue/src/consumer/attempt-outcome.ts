/** How an attempt ended, and what BullMQ must do with the job. */
export type AttemptOutcome = {
  /** The result of the processor, or `failed`, `rate_limited`, `paused`, `outage`, `snoozed` or `returned`. */
  outcome: string;
  error?: unknown;
  /** When the job runs again without using an attempt. */
  retryAt?: Date;
  detail?: string | undefined;
  /** Called once the job is delayed: whether it must still wait. */
  stillWaiting?: (() => Promise<boolean>) | undefined;
};
