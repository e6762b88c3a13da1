import { sql } from "drizzle-orm";
import type { Executor } from "./database.ts";

/**
 * Holds names until the transaction ends, so that two transactions that look for each other's rows before writing
 * their own do not miss them. All are taken in one order, so that two callers cannot wait for each other.
 */
export async function lockNames(tx: Executor, names: readonly string[]): Promise<void> {
  await tx
    .select({ locked: sql`pg_advisory_xact_lock(hashtextextended(name, 0))` })
    .from(sql`unnest(${sql.param([...names].sort())}::text[]) as name`)
    .prepare("lock_names")
    .execute();
}
