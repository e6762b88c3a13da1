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
  (await checkDatabase(testDatabase.url, connections, clock)).find((finding) => finding.check === check)?.state;

test("a Postgres that lacks migrations is found out, and is well once they are applied", async () => {
  expect(await stateOf("migrations", 1)).toBe("fail");
  const database = openDatabase(testDatabase.url, { maxConnections: 2, name: "test" });
  await migrateDatabase(database);
  await database.close();
  const found = await checkDatabase(testDatabase.url, 1, now);
  expect(found.map(({ check, state }) => `${check}: ${state}`)).toEqual([
    "Postgres version: ok",
    "migrations: ok",
    "prepared statements: ok",
    "connections to Postgres: ok",
    "clocks: ok",
  ]);
});

test("fewer connections than a worker takes are found out", async () => {
  expect(await stateOf("connections to Postgres", 100_000)).toBe("fail");
});

test("a clock that is wrong is found out", async () => {
  expect(await stateOf("clocks", 1, () => new Date(Date.now() - 2_500))).toBe("warn");
});

test("statements that are lost between transactions are found out, unless the URL says that none is prepared", async () => {
  for (const [query, state] of [
    ["", "fail"],
    ["?prepare=false", "ok"],
  ] as const) {
    const sql = postgres(`${testDatabase.url}${query}`, { max: 1 });
    // As behind a pooler: the connection has nothing any more of what was prepared in it.
    const finding = await checkPrepared(sql, async (work) => {
      await sql.unsafe("deallocate all");
      await work();
    });
    expect(finding.state).toBe(state);
    await sql.end();
  }
});

test("a Postgres that is not there is a finding, and its password is not told", async () => {
  const [found, ...others] = await checkDatabase("postgres://mill:hush@127.0.0.1:1/mill", 1, now);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ state: "fail", found: "not reachable by DATABASE_URL: ECONNREFUSED" });
  expect(JSON.stringify(found)).not.toContain("hush");
});
