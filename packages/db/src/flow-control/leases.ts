import { and, eq, sql } from "drizzle-orm";
import type { Database } from "../connection/database.ts";
import { databaseClock, later } from "../connection/database-clock.ts";
import { leases } from "../schema/index.ts";

/** Leases of work that one worker does at a time. A lease ends by itself, so that a crashed holder blocks the work only for a while. */
export type Leases = {
  /**
   * Acquires a lease, or renews it for the same holder, for `ttlMs` from now by the database's clock. Returns false while
   * another holder has it.
   */
  acquire(name: string, holder: string, ttlMs: number): Promise<boolean>;
  /** Releases a lease. Changes nothing when another holder has it. */
  release(name: string, holder: string): Promise<void>;
};

/** {@link Leases} on the table leases. */
export function createLeases({ orm }: Database): Leases {
  return {
    async acquire(name, holder, ttlMs) {
      const expiresAt = later(databaseClock(), ttlMs);
      const acquired = await orm
        .insert(leases)
        .values({ name, holder, expiresAt })
        .onConflictDoUpdate({
          target: leases.name,
          set: { holder, expiresAt },
          setWhere: sql`${leases.holder} = ${holder} or ${leases.expiresAt} <= clock_timestamp()`,
        })
        .returning({ name: leases.name })
        .prepare("acquire_lease")
        .execute();
      return acquired.length > 0;
    },
    async release(name, holder) {
      await orm.delete(leases).where(and(eq(leases.name, name), eq(leases.holder, holder)));
    },
  };
}
