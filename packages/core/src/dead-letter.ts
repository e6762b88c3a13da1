/** A job that was given up, as the queue tells of it and Postgres keeps it. */
export type ExhaustedJob = {
  queue: string;
  jobId: string;
  source: string;
  eventId: string;
  kind: string;
  payload: unknown;
  /** `permanent`, `retryable` (attempts used up), `stalled` or `unknown`. */
  errorKind: string;
  /** Without secrets and personal data. */
  error: string;
  attempts: number;
  correlationId: string;
  receivedAt: Date;
  failedAt: Date;
};

/** Where dead letters are kept, one row per job. */
export type DeadLetterStore = {
  /**
   * Writes the dead letter of a job, or brings it up to date when the job was given up again. Repeating it for the
   * same end changes nothing. If the event's effects are committed after all, the row is `resolved` at once. Tells
   * whether this end was not written down before.
   */
  record(job: ExhaustedJob): Promise<boolean>;
};
