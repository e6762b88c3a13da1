import { sql } from "drizzle-orm";
import type { Executor } from "./database.ts";

/**
 * Takes advisory locks by name until the transaction ends, so that two transactions that read each other's rows before
 * they write their own do not miss them. The names are locked in sorted order, so that two callers cannot deadlock.
 */
export async function lockNames(tx: Executor, names: readonly string[]): Promise<void> {
  await tx
    .select({ locked: sql`pg_advisory_xact_lock(hashtextextended(name, 0))` })
    .from(sql`unnest(${sql.param([...names].sort())}::text[]) as name`)
    .prepare("lock_names")
    .execute();
}
