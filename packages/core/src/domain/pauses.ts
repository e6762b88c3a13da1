/** A scope whose jobs must wait. */
export type Pause = { scope: string; kind: "rate_limited" | "paused"; reason: string; until: Date };

/** What must wait, shared by all workers. Rate limits end by themselves, a paused scope when a call works again. */
export type PauseStore = {
  /** Every hold there is; few. */
  list(): Promise<Pause[]>;
  /**
   * Places a hold, or moves its time later. A paused scope stays paused until a call works. True when the scope was not
   * held before, or only rate limited and is paused now: the moment to alert.
   */
  set(hold: Pause): Promise<boolean>;
  /**
   * Takes the turn to try a paused scope whose time has come, and puts its next trial at `nextTrial`. False when
   * somebody else has taken it.
   */
  claimProbe(scope: string, now: Date, nextTrial: Date): Promise<boolean>;
  /** Gives a turn back that came to no trial: the scope is tried again from `now` on. */
  returnProbe(scope: string, now: Date): Promise<void>;
  /** Lifts holds after a call that worked. True when there was one. */
  resume(scope: string): Promise<boolean>;
  /** Lifts rate limits whose time has passed. */
  expire(now: Date): Promise<void>;
};
