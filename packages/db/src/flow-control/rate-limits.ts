import { eq, sql } from "drizzle-orm";
import type { RateLimit } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { databaseNow, later, msUntil } from "../connection/database-clock.ts";
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
    async reserve(limits) {
      if (limits.length === 0) return 0;
      // Sorted, so that two reservations of the same scopes cannot deadlock.
      const sorted = [...limits].sort((one, two) => (one.scope < two.scope ? -1 : 1));
      const at = now();
      const rows = await orm
        .insert(rateLimits)
        .values(sorted.map(({ scope, intervalMs }) => ({ scope, usedUntil: later(at, intervalMs) })))
        .onConflictDoUpdate({
          target: rateLimits.scope,
          set: { usedUntil: sql`greatest(${rateLimits.usedUntil}, ${at}) + (excluded.used_until - ${at})` },
        })
        .returning({ scope: rateLimits.scope, usedForMs: msUntil(rateLimits.usedUntil, now) })
        .prepare(`reserve_${sorted.length}`)
        .execute();
      const waits = sorted.map(({ scope, intervalMs, burst }) => {
        const used = rows.find((row) => row.scope === scope)?.usedForMs;
        return used === undefined ? 0 : used - burst * intervalMs;
      });
      return Math.max(0, ...waits);
    },
    async release(limits) {
      const sorted = [...limits].sort((one, two) => (one.scope < two.scope ? -1 : 1));
      for (const { scope, intervalMs } of sorted)
        await orm
          .update(rateLimits)
          .set({ usedUntil: sql`${rateLimits.usedUntil} - ${intervalMs}::float8 * interval '1 millisecond'` })
          .where(eq(rateLimits.scope, scope));
    },
  };
}
