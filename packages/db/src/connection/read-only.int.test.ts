import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { openRows, until, useTestDatabase } from "@millrace/testing";
import { openDatabase } from "./database.ts";
import { tenants } from "../schema/index.ts";

const testDatabase = useTestDatabase({ perTest: true });

test("14: a pool writes again after its sessions were read-only, without a restart", async () => {
  const rows = openRows(testDatabase.url);
  const database = openDatabase(testDatabase.url, { maxConnections: 3, name: "read-only-test" });
  const name = new URL(testDatabase.url).pathname.slice(1);
  const openSessions = () => Promise.all([1, 2, 3].map(() => database.orm.execute(sql`select pg_sleep(0.05)`)));
  const write = () => database.orm.insert(tenants).values({ id: uuidv7(), name: uuidv7() });
  const isWritten = (writing: Promise<unknown>) =>
    writing.then(
      () => true,
      () => false,
    );
  await openSessions();

  await rows.rows(`alter database "${name}" set default_transaction_read_only = on`);
  await rows.rows("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'read-only-test'");
  await until("the pool has new sessions", () => isWritten(openSessions()));
  await rows.rows(`alter database "${name}" reset default_transaction_read_only`);
  // The sessions keep the setting of their start.
  await expect(write()).rejects.toMatchObject({ cause: { code: "25006" } });
  await until("the pool writes", () => isWritten(write()));
  // postgres.js needs 5 s to close a pool with a connection that was lost during a statement and is not open again.
  await until("all sessions are open again", () => isWritten(openSessions()));
  expect(await isWritten(database.orm.transaction((tx) => tx.insert(tenants).values({ id: uuidv7(), name })))).toBe(
    true,
  );
  await Promise.all([rows.close(), database.close()]);
});

test("a pool is not ready while Postgres is read-only, and is ready again after it", async () => {
  const rows = openRows(testDatabase.url);
  const database = openDatabase(testDatabase.url, { maxConnections: 2, name: "read-only-ping" });
  const name = new URL(testDatabase.url).pathname.slice(1);
  const isReady = () =>
    database.ping().then(
      () => true,
      () => false,
    );
  expect(await isReady()).toBe(true);
  await rows.rows(`alter database "${name}" set default_transaction_read_only = on`);
  await rows.rows("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'read-only-ping'");
  await until("a new session is read-only", () =>
    database.ping().catch((error: unknown) => (error as { code?: string }).code === "25006"),
  );
  await rows.rows(`alter database "${name}" reset default_transaction_read_only`);
  await until("the pool is ready", isReady);
  await Promise.all([rows.close(), database.close()]);
});
