/** A pause of a scope: its jobs wait until a probe call succeeds. */
export type Pause = {
  scope: string;
  /** `rate_limited` by the provider, `paused` until an operator has acted, `unavailable` during an outage. */
  kind: "rate_limited" | "paused" | "unavailable";
  reason: string;
  /** How long until the next probe may run, in ms by the database's clock. Zero or less: it may run now. */
  waitMs: number;
};

/** The intervals between the probes of a scope, in ms. Those of an unavailable scope grow from the first to the longest. */
export type ProbeIntervals = { firstMs: number; longestMs: number };

/** Pauses, shared by all workers. A pause ends when a probe succeeds, or when an operator ends it. */
export type PauseStore = {
  /** Returns every pause. There are few. */
  list(): Promise<Pause[]>;
  /**
   * Sets a pause, or moves its next probe later. A paused scope stays paused when it is also rate limited or unavailable.
   * Returns true when the scope had no pause, or when it is now paused and was not: then the caller alerts.
   */
  set(pause: Pause): Promise<boolean>;
  /** Claims the probe of a scope if it is due, and schedules the next one. Returns false when it is not due. */
  claimProbe(scope: string, intervals: ProbeIntervals): Promise<boolean>;
  /** Releases a claimed probe that made no call: the next one may run now. */
  returnProbe(scope: string): Promise<void>;
  /**
   * Removes the scope's pause after a successful probe. Returns true when there was one. A pause that an operator has set
   * since the probe began stays.
   */
  resume(scope: string): Promise<boolean>;
};

/** A job that waits in its queue because a scope is paused. */
export type PausedJob = { queue: string; jobId: string; scope: string };

/** A paused job as the store returns it, with the time since when it waits, in the database's own form. */
export type WaitingJob = PausedJob & { pausedAt: string };

/** The jobs that wait because a scope is paused, shared by all workers. */
export type PausedJobStore = {
  /** Adds a job, or moves it behind the other jobs of the scope. */
  add(job: PausedJob): Promise<void>;
  /** Returns the longest waiting job of each scope with a due probe. */
  probes(): Promise<WaitingJob[]>;
  /** Returns jobs of scopes that are no longer paused, at most `limit`, without those of `busyQueues`. */
  resumed(limit: number, busyQueues: readonly string[]): Promise<WaitingJob[]>;
  /** Removes jobs, except those that have been added again since. */
  remove(jobs: readonly WaitingJob[]): Promise<void>;
  /** Removes rate limits and outages that have no waiting job, so that their next job runs at once. */
  removeUnusedPauses(): Promise<void>;
};

/**
 * A scope of an account that must pause, as an event reports it. With `until` the pause is a rate limit; without it an
 * operator must act. `reason` is logged and shown, so it holds no secret and no personal data.
 */
export type ScopePause = { scope: string; reason: string; until?: Date | undefined };
