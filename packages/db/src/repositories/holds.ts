import { and, eq, lte, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { holds } from "../schema/index.ts";

/** A scope whose jobs must wait. */
export type Hold = { scope: string; kind: "rate_limited" | "parked"; reason: string; until: Date };

/** What must wait, shared by all workers. */
export type Holds = {
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
  /** Lifts holds after a call that worked. True when there was one. */
  lift(scope: string): Promise<boolean>;
  /** Lifts rate limits whose time has passed. */
  expire(now: Date): Promise<void>;
};

/** {@link Holds} on the table holds. */
export function createHolds({ orm }: Database): Holds {
  return {
    list: () =>
      orm.select({ scope: holds.scope, kind: holds.kind, reason: holds.reason, until: holds.until }).from(holds),
    async place(hold) {
      const { scope, kind, reason } = hold;
      const [placed] = await orm
        .insert(holds)
        .values(hold)
        .onConflictDoUpdate({
          target: holds.scope,
          set: { kind, reason, until: sql`greatest(${holds.until}, excluded.until)` },
          setWhere: eq(holds.kind, "rate_limited"),
        })
        .returning({ isNew: sql<boolean>`xmax = 0` });
      if (placed) return placed.isNew || kind === "parked";
      const until = sql`greatest(${holds.until}, ${sql.param(hold.until, holds.until)})`;
      await orm.update(holds).set({ until }).where(eq(holds.scope, scope));
      return false;
    },
    async claimTrial(scope, now, nextTrial) {
      const claimed = await orm
        .update(holds)
        .set({ until: nextTrial })
        .where(and(eq(holds.scope, scope), eq(holds.kind, "parked"), lte(holds.until, now)))
        .returning({ scope: holds.scope });
      return claimed.length > 0;
    },
    async lift(scope) {
      const lifted = await orm.delete(holds).where(eq(holds.scope, scope)).returning({ scope: holds.scope });
      return lifted.length > 0;
    },
    async expire(now) {
      await orm.delete(holds).where(and(eq(holds.kind, "rate_limited"), lte(holds.until, now)));
    },
  };
}
