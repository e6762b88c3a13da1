import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import type { Database } from "./database.ts";

const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url));

/** The advisory lock that serializes migrations of several machines. Any number that no other program locks. */
const MIGRATION_LOCK = 6_215_517_301n;

/** Applies the pending migrations. Concurrent calls wait for each other. */
export async function migrateDatabase(database: Database): Promise<void> {
  await database.orm.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK.toString()}::bigint)`);
    await migrate(database.orm, { migrationsFolder });
  });
}

/** Counts the pending migrations; all of them when the database was never migrated. */
export async function pendingMigrations(database: Database): Promise<number> {
  const known = readMigrationFiles({ migrationsFolder }).length;
  const [table] = await database.orm.execute<{ found: boolean }>(
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as found`,
  );
  if (!table?.found) return known;
  const [applied] = await database.orm.execute<{ count: number }>(
    sql`select count(*)::int as count from drizzle.__drizzle_migrations`,
  );
  return Math.max(0, known - (applied?.count ?? 0));
}
