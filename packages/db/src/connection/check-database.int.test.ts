import postgres from "postgres";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createEmptyDatabase, type TestDatabase } from "@millrace/testing";
import { checkDatabase, checkPrepared } from "./check-database.ts";
import { openDatabase } from "./database.ts";
import { migrateDatabase } from "./migrate.ts";

let testDatabase: TestDatabase;
beforeEach(async () => {
  testDatabase = await createEmptyDatabase();
});
afterEach(() => testDatabase.drop());

const now = () => new Date();
const stateOf = async (check: string, connections: number, clock = now) =>
  (await checkDatabase(testDatabase.url, connections, clock)).find((result) => result.check === check)?.state;

test("pending migrations fail the check until they are applied", async () => {
  expect(await stateOf("migrations", 1)).toBe("fail");
  const database = openDatabase(testDatabase.url, { maxConnections: 2, name: "test" });
  await migrateDatabase(database);
  await database.close();
  const results = await checkDatabase(testDatabase.url, 1, now);
  expect(results.map(({ check, state }) => `${check}: ${state}`)).toEqual([
    "Postgres version: ok",
    "migrations: ok",
    "prepared statements: ok",
    "connections to Postgres: ok",
    "clocks: ok",
  ]);
});

test("a connection limit below the need of a worker fails the check", async () => {
  expect(await stateOf("connections to Postgres", 100_000)).toBe("fail");
});

test("a clock difference is a warning", async () => {
  expect(await stateOf("clocks", 1, () => new Date(Date.now() - 2_500))).toBe("warn");
});

test("prepared statements that get lost between transactions fail the check, unless the URL disables them", async () => {
  for (const [query, state] of [
    ["", "fail"],
    ["?prepare=false", "ok"],
  ] as const) {
    const sql = postgres(`${testDatabase.url}${query}`, { max: 1 });
    // As with a pooler: the connection has lost its prepared statements.
    const result = await checkPrepared(sql, async (work) => {
      await sql.unsafe("deallocate all");
      await work();
    });
    expect(result.state).toBe(state);
    await sql.end();
  }
});

test("an unreachable Postgres fails the check, and the message does not contain the password", async () => {
  const [result, ...others] = await checkDatabase("postgres://mill:hush@127.0.0.1:1/mill", 1, now);
  expect(others).toEqual([]);
  expect(result).toMatchObject({ state: "fail", message: "not reachable at DATABASE_URL: ECONNREFUSED" });
  expect(JSON.stringify(result)).not.toContain("hush");
});
