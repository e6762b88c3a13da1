import type { HeldLease, InboundEvent, ScopePause } from "@millrace/core";

/** The result of processing an event. */
export type JobResult =
  | {
      result: string;
      detail?: string | undefined;
      /** The scopes that must pause, as the event reported. */
      pauses?: readonly ScopePause[] | undefined;
      /** No call to the provider was necessary, so the result proves nothing about a paused scope. */
      noCall?: boolean | undefined;
    }
  /** The job waits until a time, which costs no attempt. */
  | {
      result: "snoozed";
      until: Date;
      detail: string;
      /**
       * Called once the job is delayed: whether it must still wait. What it waits for may have happened in between, and
       * then no other code would promote the job.
       */
      stillWaiting?: (() => Promise<boolean>) | undefined;
      /** A call to the provider succeeded, so a paused scope resumes. */
      callSucceeded?: boolean | undefined;
    };

/** Processes the events of a queue. It throws ProviderError or an unexpected error. */
export type EventProcessor = {
  /** How many jobs of the queue run at a time, when it is more than the worker's setting. */
  jobsAtOnce?: number | undefined;
  /** Scopes that pause the event's job. */
  scopes(event: InboundEvent): readonly string[];
  process(event: InboundEvent, signal: AbortSignal): Promise<JobResult>;
  /**
   * Processes events of an ordered queue together: the one at its head and those behind it, in their order. Returns the
   * ids of the events that are done now, maybe none, and a promise that resolves once their follow-up jobs are enqueued.
   * The others are processed one by one, in their order. An event that must not be overtaken by a later one holds that one
   * back. No event is done unless the worker holds the lease of the queue at that moment: a worker that was suspended does
   * not know that another one processes an event that comes before these.
   * @throws when an event cannot be processed; then none is done
   */
  processTogether?(
    events: readonly InboundEvent[],
    lease: HeldLease,
  ): Promise<{ done: ReadonlySet<string>; followed: Promise<void> }>;
  /** Whether an error means that our own store is away. Then the job waits, which costs no attempt. */
  isOutage(error: unknown): boolean;
};
