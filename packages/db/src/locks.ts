import { sql } from "drizzle-orm";
import type { Executor } from "./database.ts";

/**
 * Holds a name until the transaction ends, so that two transactions that look for each other's rows before writing
 * their own do not miss them. Several names are taken in one order, so that two callers cannot wait for each other.
 */
export async function lockNames(tx: Executor, names: readonly string[]): Promise<void> {
  for (const name of [...names].sort()) {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`);
  }
}
