/** A scope whose jobs must wait. */
export type Hold = { scope: string; kind: "rate_limited" | "parked"; reason: string; until: Date };

/** What must wait, shared by all workers. Rate limits end by themselves, a parked scope when a call works again. */
export type HoldStore = {
  /** Every hold there is; few. */
  list(): Promise<Hold[]>;
  /**
   * Places a hold, or moves its time later. A parked scope stays parked until a call works. True when the scope was not
   * held before, or only rate limited and is parked now: the moment to alert.
   */
  place(hold: Hold): Promise<boolean>;
  /**
   * Takes the turn to try a parked scope whose time has come, and puts its next trial at `nextTrial`. False when
   * somebody else has taken it.
   */
  claimTrial(scope: string, now: Date, nextTrial: Date): Promise<boolean>;
  /** Gives a turn back that came to no trial: the scope is tried again from `now` on. */
  returnTrial(scope: string, now: Date): Promise<void>;
  /** Lifts holds after a call that worked. True when there was one. */
  lift(scope: string): Promise<boolean>;
  /** Lifts rate limits whose time has passed. */
  expire(now: Date): Promise<void>;
};
