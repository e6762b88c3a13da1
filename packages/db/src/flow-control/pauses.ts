import { and, eq, lte, sql } from "drizzle-orm";
import type { PauseStore } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { pauses } from "../schema/index.ts";

/** {@link PauseStore} on the table pauses. */
export function createPauses({ orm }: Database): PauseStore {
  return {
    list: () =>
      orm.select({ scope: pauses.scope, kind: pauses.kind, reason: pauses.reason, until: pauses.until }).from(pauses),
    async set(pause) {
      const { scope, kind, reason } = pause;
      const [written] = await orm
        .insert(pauses)
        .values(pause)
        .onConflictDoUpdate({
          target: pauses.scope,
          set: { kind, reason, until: sql`greatest(${pauses.until}, excluded.until)` },
          setWhere: eq(pauses.kind, "rate_limited"),
        })
        .returning({ isNew: sql<boolean>`xmax = 0` });
      if (written) return written.isNew || kind === "paused";
      const until = sql`greatest(${pauses.until}, ${sql.param(pause.until, pauses.until)})`;
      await orm.update(pauses).set({ until }).where(eq(pauses.scope, scope));
      return false;
    },
    async claimProbe(scope, now, nextProbe) {
      const claimed = await orm
        .update(pauses)
        .set({ until: nextProbe })
        .where(and(eq(pauses.scope, scope), eq(pauses.kind, "paused"), lte(pauses.until, now)))
        .returning({ scope: pauses.scope });
      return claimed.length > 0;
    },
    async returnProbe(scope, now) {
      await orm
        .update(pauses)
        .set({ until: now })
        .where(and(eq(pauses.scope, scope), eq(pauses.kind, "paused")));
    },
    async resume(scope) {
      const resumed = await orm.delete(pauses).where(eq(pauses.scope, scope)).returning({ scope: pauses.scope });
      return resumed.length > 0;
    },
    async expire(now) {
      await orm.delete(pauses).where(and(eq(pauses.kind, "rate_limited"), lte(pauses.until, now)));
    },
  };
}
