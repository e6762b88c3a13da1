import { and, eq, lte, sql } from "drizzle-orm";
import type { NewId, Pause, PauseStore } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { appendDomainEvents } from "../domain-events/append.ts";
import { pauses } from "../schema/index.ts";

/** {@link PauseStore} on the table pauses. A scope that an operator must act on is also the domain event `account.paused`. */
export function createPauses({ orm }: Database, newId: NewId): PauseStore {
  return {
    list: () =>
      orm.select({ scope: pauses.scope, kind: pauses.kind, reason: pauses.reason, until: pauses.until }).from(pauses),
    set(pause) {
      const { scope, kind, reason } = pause;
      // A rate limit is no domain event, so it needs no transaction: many jobs can report it in the same second.
      if (kind === "rate_limited") return setPause(orm, pause);
      return orm.transaction(async (tx) => {
        const isNew = await setPause(tx, pause);
        const paused = { type: "account.paused", tenantId: undefined, subjectId: scope, payload: { reason } } as const;
        if (isNew) await appendDomainEvents(tx, newId, [paused]);
        return isNew;
      });
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

/** Sets a pause or moves its time later. Returns whether the scope had none, or was only rate limited until now. */
async function setPause(tx: Executor, pause: Pause): Promise<boolean> {
  const { scope, kind, reason } = pause;
  const [written] = await tx
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
  await tx.update(pauses).set({ until }).where(eq(pauses.scope, scope));
  return false;
}
