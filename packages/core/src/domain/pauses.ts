/** A pause of a scope: its jobs wait for a rate limit, or until an operator has acted. */
export type Pause = {
  scope: string;
  /** `rate_limited` by the provider, `paused` until an operator has acted, `unavailable` during an outage. */
  kind: "rate_limited" | "paused" | "unavailable";
  reason: string;
  /** When the next probe may run. */
  until: Date;
};

/** Pauses, shared by all workers. A rate limit ends by itself; a paused scope resumes when a probe succeeds. */
export type PauseStore = {
  /** Returns every pause. There are few. */
  list(): Promise<Pause[]>;
  /**
   * Sets a pause or moves its time later. A paused scope stays paused when it is also rate limited. Returns true when the
   * scope had no pause, or when a rate-limited scope is now paused: then the caller alerts.
   */
  set(pause: Pause): Promise<boolean>;
  /**
   * Claims the probe of a paused scope that is due, and sets the time of the next one to `nextProbe`. Returns
   * false when another job claimed it.
   */
  claimProbe(scope: string, now: Date, nextProbe: Date): Promise<boolean>;
  /** Releases a claimed probe that made no call: the next one may run from `now` on. */
  returnProbe(scope: string, now: Date): Promise<void>;
  /** Removes the scope's pause after a successful call. Returns true when there was one. */
  resume(scope: string): Promise<boolean>;
  /** Removes rate limits that have ended. */
  expire(now: Date): Promise<void>;
};

/**
 * A scope of an account that must pause, as an event reports it. With `until` the pause is a rate limit; without it an
 * operator must act. `reason` is logged and shown, so it holds no secret and no personal data.
 */
export type ScopePause = { scope: string; reason: string; until?: Date | undefined };
