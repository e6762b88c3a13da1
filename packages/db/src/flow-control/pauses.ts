import { and, eq, lte, sql } from "drizzle-orm";
import type { HoldStore } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { holds } from "../schema/index.ts";

/** {@link HoldStore} on the table holds. */
export function createHolds({ orm }: Database): HoldStore {
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
    async returnTrial(scope, now) {
      await orm
        .update(holds)
        .set({ until: now })
        .where(and(eq(holds.scope, scope), eq(holds.kind, "parked")));
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
