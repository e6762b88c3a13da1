import { and, eq, gt, lte, ne, sql } from "drizzle-orm";
import type { NewId, Pause, PauseStore } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { databaseClock, later, msUntil } from "../connection/database-clock.ts";
import { appendDomainEvents } from "../domain-events/append.ts";
import { pauses } from "../schema/index.ts";

/** {@link PauseStore} on the table pauses. A scope that an operator must act on is also the domain event `account.paused`. */
export function createPauses({ orm }: Database, newId: NewId): PauseStore {
  return {
    list: () =>
      orm
        .select({
          scope: pauses.scope,
          kind: pauses.kind,
          reason: pauses.reason,
          waitMs: msUntil(pauses.until, databaseClock),
        })
        .from(pauses),
    set(pause) {
      const { scope, kind, reason } = pause;
      // Only a paused scope is a domain event. Many jobs can report the others in the same second, without a transaction.
      if (kind !== "paused") return setPause(orm, pause);
      return orm.transaction(async (tx) => {
        const isNew = await setPause(tx, pause);
        const paused = { type: "account.paused", tenantId: undefined, subjectId: scope, payload: { reason } } as const;
        if (isNew) await appendDomainEvents(tx, newId, [paused]);
        return isNew;
      });
    },
    async claimProbe(scope, { firstMs, longestMs }) {
      const growingMs = sql`least(${longestMs}::float8, ${firstMs}::float8 * 2 ^ least(${pauses.probes} + 1, 30))`;
      const nextMs = sql`case ${pauses.kind} when 'unavailable' then ${growingMs} else ${longestMs}::float8 end`;
      const claimed = await orm
        .update(pauses)
        .set({
          until: sql`${databaseClock()} + ${nextMs} * interval '1 millisecond'`,
          probes: sql`${pauses.probes} + 1`,
        })
        .where(and(eq(pauses.scope, scope), lte(pauses.until, databaseClock())))
        .returning({ scope: pauses.scope });
      return claimed.length > 0;
    },
    async returnProbe(scope) {
      await orm
        .update(pauses)
        .set({ until: databaseClock(), probes: sql`greatest(${pauses.probes} - 1, 0)` })
        .where(isProbed(scope));
    },
    async resume(scope) {
      const resumed = await orm.delete(pauses).where(isProbed(scope)).returning({ scope: pauses.scope });
      return resumed.length > 0;
    },
  };
}

/** Whether a probe has begun since the scope was paused. A probe that began before must not end an operator's pause. */
function isProbed(scope: string) {
  return and(eq(pauses.scope, scope), gt(pauses.probes, 0));
}

/** Sets a pause or moves its next probe later. Returns whether the scope had none, or is now paused and was not. */
async function setPause(tx: Executor, { scope, kind, reason, waitMs }: Pause): Promise<boolean> {
  const until = later(databaseClock(), waitMs);
  const latest = sql`greatest(${pauses.until}, excluded.until)`;
  const [written] = await tx
    .insert(pauses)
    .values({ scope, kind, reason, until })
    .onConflictDoUpdate({
      target: pauses.scope,
      set: { kind, reason, until: latest },
      setWhere: ne(pauses.kind, "paused"),
    })
    .returning({ isNew: sql<boolean>`xmax = 0` });
  if (written) return written.isNew || kind === "paused";
  await tx
    .update(pauses)
    .set({ until: sql`greatest(${pauses.until}, ${until})` })
    .where(eq(pauses.scope, scope));
  return false;
}
