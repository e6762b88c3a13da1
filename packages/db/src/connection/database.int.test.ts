import { afterAll, beforeAll, expect, test } from "vitest";
import { createEmptyDatabase, type TestDatabase } from "@millrace/testing";
import { sql } from "drizzle-orm";
import { uuidv7 } from "@millrace/core";
import { type Database, openDatabase } from "./database.ts";
import { migrateDatabase, pendingMigrations } from "./migrate.ts";
import { createInbox } from "../inbox/inbox.ts";

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createEmptyDatabase();
  database = openDatabase(testDatabase.url, { maxConnections: 4, name: "test" });
});

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

test("concurrent migrations apply every migration once", async () => {
  expect(await pendingMigrations(database)).toBeGreaterThan(0);
  await Promise.all([migrateDatabase(database), migrateDatabase(database), migrateDatabase(database)]);
  expect(await pendingMigrations(database)).toBe(0);
});

test("statements of every event are prepared, and none with prepare=false in the URL", async () => {
  for (const [query, prepares] of [
    ["", true],
    ["?prepare=false", false],
    ["?prepare=false&application_name=mill", false],
    ["?application_name=mill&prepare=false", false],
  ] as const) {
    const pool = openDatabase(`${testDatabase.url}${query}`, { maxConnections: 1, name: "test" });
    const inbox = createInbox(pool, uuidv7);
    const receivedAt = "2026-03-01T08:00:00.000Z";
    const event = {
      v: 1,
      integration: "test",
      id: query,
      kind: "test",
      correlationId: "c",
      receivedAt,
      payload: {},
    } as const;
    expect(await inbox.applyOnce(event, { result: "unhandled", facts: [] })).toMatchObject({
      result: "unhandled",
    });
    expect(await inbox.isDone(event)).toBe(true);
    const [prepared] = await pool.orm.execute<{ count: number }>(
      sql`select count(*)::int as count from pg_prepared_statements where statement like '%webhook_events%'`,
    );
    expect((prepared?.count ?? 0) > 0).toBe(prepares);
    await pool.close();
  }
});
