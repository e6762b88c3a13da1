import { setTimeout as wait } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTcpProxy, type TcpProxy, until, useTestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "./database.ts";
import { isOutage } from "./outage.ts";

const testDatabase = useTestDatabase();

let proxy: TcpProxy;
let database: Database;

beforeEach(async () => {
  const url = new URL(testDatabase.url);
  proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  database = openDatabase(url.href, { maxConnections: 3, name: "test", silenceSeconds: 1 });
});

afterEach(async () => {
  await database.close();
  await proxy.close();
});

test("14: connections to a server that is gone without an end are replaced, and their statements fail as an outage", async () => {
  const select = () => database.orm.execute(sql`select 1`);
  await Promise.all([select(), select(), select()]);
  proxy.abandon();
  const results = await Promise.allSettled([
    select(),
    select(),
    database.orm.transaction((tx) => tx.execute(sql`select 1`)),
  ]);
  expect(results.map((result) => result.status === "rejected" && isOutage(result.reason))).toEqual([true, true, true]);
  // A statement at this moment gets a connection that is about to close. It must fail and not wait forever.
  await until("the pool works again", () =>
    select().then(
      () => true,
      () => false,
    ),
  );
});

test("a connection without traffic closes, and the next statement opens another", async () => {
  const pid = async () => (await database.orm.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`))[0]?.pid;
  const first = await pid();
  const another = await until("the connection is another one", async () => {
    await wait(600);
    const now = await pid();
    return now !== first && now;
  });
  expect(another).not.toBe(first);
});

test("a pool without an own limit has one", async () => {
  const pool = openDatabase(testDatabase.url, { maxConnections: 1, name: "test" });
  expect(pool.sql.options).toMatchObject({ silence_timeout: 25, idle_timeout: 12.5 });
  await pool.close();
});
