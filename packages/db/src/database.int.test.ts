import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "./database.ts";
import { migrateDatabase, pendingMigrations } from "./migrate.ts";

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { maxConnections: 4, name: "test" });
});

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

test("several machines that migrate at once leave every migration applied once", async () => {
  expect(await pendingMigrations(database)).toBeGreaterThan(0);
  await Promise.all([migrateDatabase(database), migrateDatabase(database), migrateDatabase(database)]);
  expect(await pendingMigrations(database)).toBe(0);
});
