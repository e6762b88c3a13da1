import { setTimeout as wait } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Database, Executor } from "./database.ts";
import { type Migration, readMigrations } from "./migration-files.ts";
import { databaseErrorCode } from "./outage.ts";

/** The advisory lock that serializes migrations of several machines. Any number that no other program locks. */
const MIGRATION_LOCK = "6215517301";

/** Unqualified names mean this schema. A role named millrace would find the schema of its own name first. */
const SEARCH_PATH = "public";

/** Errors of a migration that meets other sessions' locks: lock_not_available and deadlock_detected. */
const LOCK_ERRORS = new Set(["55P03", "40P01"]);

/** Times of a migration. */
export type MigrationTimings = {
  /** How long a statement waits for its lock, in ms. All statements behind it wait as long. */
  lockTimeoutMs: number;
  /** How long a migration waits before its next attempt, in ms, so that the traffic can proceed. */
  retryMs: number;
  /** How many attempts a migration has. */
  attempts: number;
  /** How long to wait while another process migrates, in ms. */
  otherProcessMs: number;
};

const DEFAULT_TIMINGS: MigrationTimings = {
  lockTimeoutMs: 2_000,
  retryMs: 3_000,
  attempts: 40,
  otherProcessMs: 30 * 60_000,
};

/**
 * Applies the pending migrations, each in a transaction of its own unless its file excludes that. Concurrent calls wait
 * for each other. The pool needs two connections, and a silence that is longer than the longest statement.
 * @throws Error when a table stays locked, or another process migrates, for longer than the timings allow
 */
export async function migrateDatabase(database: Database, timings: Partial<MigrationTimings> = {}): Promise<void> {
  const { otherProcessMs, retryMs, ...others } = { ...DEFAULT_TIMINGS, ...timings };
  const deadline = performance.now() + otherProcessMs;
  // A caller that waits for the lock in Postgres would keep a snapshot, for which `create index concurrently` waits.
  while (!(await migrateUnderLock(database, { retryMs, ...others }))) {
    if (performance.now() > deadline) throw new Error("another process has not finished its migrations");
    await wait(Math.min(retryMs, 250));
  }
}

/** Counts the migrations that are not applied; all of them when the database was never migrated. */
export async function pendingMigrations({ orm }: Database): Promise<number> {
  const [table] = await orm.execute<{ found: boolean }>(
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as found`,
  );
  const migrations = readMigrations();
  return table?.found ? (await withoutApplied(orm, migrations)).length : migrations.length;
}

/** Returns false, without any change, while another process migrates. */
function migrateUnderLock(database: Database, timings: Omit<MigrationTimings, "otherProcessMs">): Promise<boolean> {
  const holdLock = async (tx: Executor) => {
    // A statement without parameters, because the portal of any other would keep its snapshot.
    const [lock] = await tx.execute<{ taken: boolean }>(
      sql.raw(
        `select pg_try_advisory_xact_lock(${MIGRATION_LOCK}) as taken,
         set_config('idle_in_transaction_session_timeout', '0', true)`,
      ),
    );
    if (!lock?.taken) return false;
    // As Drizzle's own migrator creates it: this one continues its records.
    await database.orm.execute(sql`create schema if not exists drizzle`);
    await database.orm.execute(
      sql`create table if not exists drizzle.__drizzle_migrations (
          id serial primary key, hash text not null, created_at bigint)`,
    );
    for (const migration of await withoutApplied(database.orm, readMigrations()))
      await applyWithRetries(database, migration, timings);
    return true;
  };
  // With another isolation level the transaction would keep a snapshot as well.
  return database.orm.transaction(holdLock, { isolationLevel: "read committed" });
}

async function withoutApplied(orm: Executor, migrations: readonly Migration[]): Promise<Migration[]> {
  const rows = await orm.execute<{ at: string }>(sql`select created_at::text as at from drizzle.__drizzle_migrations`);
  const applied = new Set(rows.map(({ at }) => Number(at)));
  return migrations.filter(({ createdAt }) => !applied.has(createdAt));
}

async function applyWithRetries(
  database: Database,
  migration: Migration,
  { lockTimeoutMs, retryMs, attempts }: Omit<MigrationTimings, "otherProcessMs">,
): Promise<void> {
  const apply = migration.inTransaction ? applyInTransaction : applyOneByOne;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await apply(database, migration, lockTimeoutMs);
    } catch (cause) {
      if (!LOCK_ERRORS.has(databaseErrorCode(cause) ?? "")) throw cause;
      if (attempt === attempts)
        throw new Error(
          `migration ${migration.name}: other sessions kept a table locked in ${attempts} attempts. Nothing is lost: ` +
            "find the sessions with a long transaction in pg_stat_activity, end them, and run millrace migrate again",
          { cause },
        );
      await wait(retryMs);
    }
  }
}

function applyInTransaction({ orm }: Database, migration: Migration, lockTimeoutMs: number): Promise<void> {
  return orm.transaction(async (tx) => {
    await tx.execute(
      sql`select set_config('search_path', ${SEARCH_PATH}, true), set_config('statement_timeout', '0', true),
          set_config('lock_timeout', ${`${lockTimeoutMs}ms`}, true)`,
    );
    for (const statement of migration.statements) await tx.execute(sql.raw(statement));
    await record(tx, migration);
  });
}

/** Runs each statement in a transaction of its own. After an error all of them run again, so they allow for that. */
async function applyOneByOne({ orm }: Database, migration: Migration, lockTimeoutMs: number): Promise<void> {
  const connection = await orm.$client.reserve();
  try {
    await connection.unsafe(`set search_path to ${SEARCH_PATH}; set statement_timeout = 0`);
    for (const statement of migration.statements) {
      // `concurrently` waits for older transactions without delaying any statement of other sessions.
      const lockMs = /\bconcurrently\b/i.test(statement) ? 0 : lockTimeoutMs;
      await connection.unsafe(`set lock_timeout = ${lockMs}`);
      await connection.unsafe(statement);
    }
  } finally {
    await connection.unsafe("reset search_path; reset statement_timeout; reset lock_timeout").catch(() => undefined);
    connection.release();
  }
  await record(orm, migration);
}

async function record(orm: Executor, { hash, createdAt }: Migration): Promise<void> {
  await orm.execute(
    sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${createdAt.toString()}::bigint)`,
  );
}
