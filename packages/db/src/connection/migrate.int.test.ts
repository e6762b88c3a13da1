import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until, useTestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "./database.ts";
import { migrateDatabase, pendingMigrations } from "./migrate.ts";
import { readMigrations } from "./migration-files.ts";

const TIMINGS = { lockTimeoutMs: 100, retryMs: 50 };

const testDatabase = useTestDatabase({ perTest: true });
let database: Database;
let other: Database;
beforeEach(() => {
  database = openDatabase(testDatabase.url, { maxConnections: 3, name: "test-migration" });
  other = openDatabase(testDatabase.url, { maxConnections: 3, name: "test-traffic" });
});
afterEach(async () => {
  await database.close();
  await other.close();
});

const inTransaction = "0001_drop_click_kind_checks";
const oneByOne = "0006_reliability_of_large_tables";

/** Makes a migration pending again. */
async function forget(name: string): Promise<void> {
  const migration = readMigrations().find((each) => each.name === name);
  await other.orm.execute(
    sql`delete from drizzle.__drizzle_migrations where created_at = ${String(migration?.createdAt)}::bigint`,
  );
  if (name !== inTransaction) return;
  await other.orm.execute(sql`alter table conversations add constraint conversations_click_kind check (true)`);
  await other.orm.execute(sql`alter table leads add constraint leads_click_kind check (true)`);
}

/** Reads a table in a transaction that stays open until the returned function is called. */
async function hold(
  table: string,
  isolationLevel: "read committed" | "repeatable read" = "read committed",
): Promise<() => Promise<void>> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: isHeld, resolve: held } = Promise.withResolvers<void>();
  const holding = other.orm.transaction(
    async (tx) => {
      await tx.execute(sql.raw(`select 1 from ${table} limit 1`));
      held();
      await released;
    },
    { isolationLevel },
  );
  await isHeld;
  return async () => {
    release();
    await holding;
  };
}

const locksOf = () =>
  other.orm.execute<{ query: string }>(
    sql`select query from pg_stat_activity
        where application_name = 'test-migration' and wait_event_type = 'Lock' and datname = current_database()`,
  );

test.each([
  [inTransaction, "public.leads"],
  [oneByOne, "millrace.webhook_events"],
])("%s fails with a clear error while a table stays locked, and a later run applies it", async (name, table) => {
  await forget(name);
  const release = await hold(table);
  const migrating = migrateDatabase(database, { ...TIMINGS, attempts: 3 });
  await expect(migrating).rejects.toThrow(
    `migration ${name}: other sessions kept a table locked in 3 attempts. Nothing is lost: find the sessions`,
  );
  expect(await pendingMigrations(database)).toBe(1);
  await release();
  await migrateDatabase(database, TIMINGS);
  expect(await pendingMigrations(database)).toBe(0);
});

test("a migration that waits for a locked table delays other statements for its lock timeout at most", async () => {
  await forget(inTransaction);
  const release = await hold("public.leads");
  const migrating = migrateDatabase(database, { ...TIMINGS, retryMs: 500, attempts: 1_000 });
  await until("the migration waits for the lock", async () => (await locksOf()).length > 0);
  // Reads of the table queue behind the migration's lock request until it times out.
  expect(await other.orm.execute(sql`select count(*)::int as count from leads`)).toEqual([{ count: 0 }]);
  await release();
  await migrating;
  expect(await pendingMigrations(database)).toBe(0);
});

test("an index is built while other transactions use its table, and waits for them longer than the lock timeout", async () => {
  await forget(oneByOne);
  const release = await hold("millrace.dead_letters", "repeatable read");
  const migrating = migrateDatabase(database, { ...TIMINGS, lockTimeoutMs: 1, attempts: 1 });
  await until("the index waits", async () => (await locksOf()).some(({ query }) => /index concurrently/i.test(query)));
  await other.orm.execute(sql`update millrace.dead_letters set followed_up_at = now()`);
  // A second process waits for the first one without keeping a snapshot that the index would wait for.
  const another = openDatabase(testDatabase.url, { maxConnections: 2, name: "test-second" });
  const second = migrateDatabase(another, TIMINGS);
  await release();
  await Promise.all([migrating, second]);
  await another.close();
  expect(await pendingMigrations(database)).toBe(0);
});

test("an interrupted index is built again", async () => {
  await forget(oneByOne);
  const index = sql`'millrace.dead_letters_not_followed_up'::regclass`;
  await other.orm.execute(sql`update pg_index set indisvalid = false where indexrelid = ${index}`);
  await migrateDatabase(database, TIMINGS);
  expect(await other.orm.execute(sql`select indisvalid from pg_index where indexrelid = ${index}`)).toEqual([
    { indisvalid: true },
  ]);
});

test("every migration without a transaction can run again after an interruption", async () => {
  const names = readMigrations()
    .filter((migration) => !migration.inTransaction)
    .map(({ name }) => name);
  expect(names).toContain(oneByOne);
  for (const name of names) {
    await forget(name);
    await migrateDatabase(database, TIMINGS);
  }
  expect(await pendingMigrations(database)).toBe(0);
});

test("a process that migrates for too long ends the wait of another with a clear error", async () => {
  const release = await hold("pg_advisory_xact_lock(6215517301)");
  await forget(oneByOne);
  await expect(migrateDatabase(database, { ...TIMINGS, otherProcessMs: 100 })).rejects.toThrow(
    "another process has not finished its migrations",
  );
  await release();
});

test("a migration that this version does not know is not pending", async () => {
  await other.orm.execute(
    sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 9999999999999)`,
  );
  expect(await pendingMigrations(database)).toBe(0);
  await forget(oneByOne);
  expect(await pendingMigrations(database)).toBe(1);
});
