import { eq, sql } from "drizzle-orm";
import type { RateLimit } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { rateLimits } from "../schema/index.ts";

/** Platforms' limits, shared by all workers. */
export type RateLimits = {
  /** Takes the next place that all these limits have; when that is. A place that passes unused is not given again. */
  reserve(limits: readonly RateLimit[], now: Date): Promise<Date>;
  /** Gives back a place that is still to come, so that those behind it come sooner. */
  giveBack(limits: readonly RateLimit[]): Promise<void>;
};

/**
 * {@link RateLimits} on the table rate_limits by the generic cell rate algorithm
 * (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm): per scope one time, up to which it is used up. Each
 * message moves it on by `intervalMs`, and may go `burst` intervals before it. Places are given, not refused: of a
 * thousand messages that wait for a number, each wakes once, at its own time, and none asks in vain. It holds on
 * either queue backend, because Postgres is there with both.
 *
 * With an interval of 100 ms and a burst of 3, at time 0:
 *
 * | message | used up to | may go at |
 * | ------- | ---------- | --------- |
 * | 1       | 100        | 0         |
 * | 2       | 200        | 0         |
 * | 3       | 300        | 0         |
 * | 4       | 400        | 100       |
 * | 5       | 500        | 200       |
 *
 * In any time t there are at most `burst` + t / `intervalMs` of them. That holds per scope: a place that one scope puts
 * off is not put off in the others it was taken in.
 */
export function createRateLimits({ orm }: Database): RateLimits {
  return {
    async reserve(limits, now) {
      if (limits.length === 0) return now;
      // In one order always, so that two who need the same two scopes cannot wait for each other.
      const sorted = [...limits].sort((one, two) => (one.scope < two.scope ? -1 : 1));
      const at = sql`${now.toISOString()}::timestamptz`;
      const rows = await orm
        .insert(rateLimits)
        .values(
          sorted.map(({ scope, intervalMs }) => ({
            scope,
            usedUntil: sql`${at} + ${intervalMs}::float8 * interval '1 millisecond'`,
          })),
        )
        .onConflictDoUpdate({
          target: rateLimits.scope,
          set: { usedUntil: sql`greatest(${rateLimits.usedUntil}, ${at}) + (excluded.used_until - ${at})` },
        })
        .returning({ scope: rateLimits.scope, usedUntil: rateLimits.usedUntil })
        .prepare(`reserve_${sorted.length}`)
        .execute();
      const times = sorted.map(({ scope, intervalMs, burst }) => {
        const used = rows.find((row) => row.scope === scope)?.usedUntil;
        return used === undefined ? now.getTime() : used.getTime() - burst * intervalMs;
      });
      return new Date(Math.max(now.getTime(), ...times));
    },
    async giveBack(limits) {
      const sorted = [...limits].sort((one, two) => (one.scope < two.scope ? -1 : 1));
      for (const { scope, intervalMs } of sorted)
        await orm
          .update(rateLimits)
          .set({ usedUntil: sql`${rateLimits.usedUntil} - ${intervalMs}::float8 * interval '1 millisecond'` })
          .where(eq(rateLimits.scope, scope));
    },
  };
}
