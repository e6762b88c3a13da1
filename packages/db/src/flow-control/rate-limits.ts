import { eq, sql } from "drizzle-orm";
import type { RateLimit } from "@millrace/core";
import { createBatcher } from "../batches/batcher.ts";
import type { Database } from "../connection/database.ts";
import { type DatabaseNow, databaseNow, msUntil } from "../connection/database-clock.ts";
import { rateLimits } from "../schema/index.ts";

/** The rate limits of providers, shared by all workers. */
export type RateLimits = {
  /**
   * Reserves the next send slot that satisfies all limits, by the database's clock. Returns how long to wait for it, in
   * ms. An unused slot is lost.
   */
  reserve(limits: readonly RateLimit[]): Promise<number>;
  /** Releases a reserved slot in the future, so that later reservations get earlier slots. */
  release(limits: readonly RateLimit[]): Promise<void>;
};

/**
 * {@link RateLimits} on the table rate_limits by the generic cell rate algorithm
 * (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm): one theoretical arrival time per scope. Each message
 * advances it by `intervalMs`, and may be sent `burst` intervals before it. A reservation always succeeds: each of a
 * thousand waiting messages gets its own slot and is retried once, at that time. Both queue backends use it, because
 * Postgres is present with either.
 *
 * With an interval of 100 ms and a burst of 3, at time 0:
 *
 * | message | used until | send slot |
 * | ------- | ---------- | --------- |
 * | 1       | 100        | 0         |
 * | 2       | 200        | 0         |
 * | 3       | 300        | 0         |
 * | 4       | 400        | 100       |
 * | 5       | 500        | 200       |
 *
 * Any period t contains at most `burst` + t / `intervalMs` slots per scope. A delay by one scope does not delay the slot
 * in the other scopes.
 */
export function createRateLimits({ orm }: Database, now = databaseNow): RateLimits {
  return {
    reserve: async (limits) => (await reserveAll(orm, now, [limits]))[0] ?? 0,
    async release(limits) {
      for (const { scope, intervalMs } of inOrder(limits))
        await orm
          .update(rateLimits)
          .set({ usedUntil: sql`${rateLimits.usedUntil} - ${intervalMs}::float8 * interval '1 millisecond'` })
          .where(eq(rateLimits.scope, scope));
    },
  };
}

/** {@link createRateLimits}; reservations that are made together share a statement. */
export function createBatchedRateLimits(database: Database): RateLimits {
  const reservations = createBatcher((all: readonly (readonly RateLimit[])[]) =>
    reserveAll(database.orm, databaseNow, all),
  );
  return {
    ...createRateLimits(database),
    reserve: (limits) => (limits.length === 0 ? Promise.resolve(0) : reservations.add(limits)),
  };
}

/** Sorted, so that two reservations of the same scopes cannot deadlock. */
function inOrder<Limit extends Pick<RateLimit, "scope">>(limits: Iterable<Limit>): Limit[] {
  return [...limits].sort((one, two) => (one.scope < two.scope ? -1 : 1));
}

/**
 * Reserves a slot for each list of limits, one after the other at one moment, by one statement. Returns how long to wait
 * for each, in ms.
 */
async function reserveAll(
  orm: Database["orm"],
  now: DatabaseNow,
  all: readonly (readonly RateLimit[])[],
): Promise<number[]> {
  // By scope, the sum of the intervals, first of all lists and then of the lists up to one of them.
  const sums = new Map<string, number>();
  const add = ({ scope, intervalMs }: RateLimit) =>
    sums.set(scope, (sums.get(scope) ?? 0) + intervalMs).get(scope) ?? 0;
  for (const limit of all.flat()) add(limit);
  if (sums.size === 0) return all.map(() => 0);
  const totals = inOrder([...sums].map(([scope, totalMs]) => ({ scope, totalMs })));
  const at = now();
  const rows = await orm
    .insert(rateLimits)
    .select(
      sql`select scope, ${at} + ms * interval '1 millisecond'
        from unnest(${sql.param(totals.map(({ scope }) => scope))}::text[],
          ${sql.param(totals.map(({ totalMs }) => totalMs))}::float8[]) as reserved (scope, ms)`,
    )
    .onConflictDoUpdate({
      target: rateLimits.scope,
      set: { usedUntil: sql`greatest(${rateLimits.usedUntil}, ${at}) + (excluded.used_until - ${at})` },
    })
    .returning({ scope: rateLimits.scope, usedForMs: msUntil(rateLimits.usedUntil, now) })
    .prepare("reserve")
    .execute();
  const unusedMs = new Map(rows.map(({ scope, usedForMs }) => [scope, usedForMs - (sums.get(scope) ?? 0)]));
  sums.clear();
  return all.map((limits) => {
    const waits = limits.map((limit) => (unusedMs.get(limit.scope) ?? 0) + add(limit) - limit.burst * limit.intervalMs);
    return Math.max(0, ...waits);
  });
}
