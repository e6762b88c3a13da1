/** Scopes that must wait, shared by all workers; implemented on Postgres by packages/db. */
export type HoldStore = {
  list(): Promise<{ scope: string; kind: "rate_limited" | "parked"; until: Date }[]>;
  place(hold: { scope: string; kind: "rate_limited" | "parked"; reason: string; until: Date }): Promise<boolean>;
  claimTrial(scope: string, now: Date, nextTrial: Date): Promise<boolean>;
  lift(scope: string): Promise<boolean>;
  expire(now: Date): Promise<void>;
};
