import pg from "pg";
import { expect, test } from "vitest";
import { createEmptyDatabase, useTestDatabase } from "@millrace/testing";
import { openQueueBackend } from "../backends/open-backend.ts";
import { checkNotify } from "./check-postgres.ts";
import { checkQueueStore } from "./check-store.ts";

const database = useTestDatabase({ perTest: true, empty: true });

test("the check of the tables fails before the migration and passes after it", async () => {
  expect(await checkQueueStore(database.url)).toMatchObject([
    { check: "the queue's tables", state: "fail", remedy: "run millrace migrate" },
    { check: "LISTEN and NOTIFY", state: "ok" },
  ]);
  const backend = openQueueBackend(database.url, "consumer", 1);
  await backend.migrate();
  await backend.close();
  expect((await checkQueueStore(database.url)).map(({ state }) => state)).toEqual(["ok", "ok"]);
});

test("the check of LISTEN and NOTIFY fails when notifications do not reach the listener", async () => {
  // A pooler separates the listener from the notifier; two databases have the same effect.
  const other = await createEmptyDatabase();
  const [listener, notifier] = [new pg.Client(database.url), new pg.Client(other.url)];
  await Promise.all([listener.connect(), notifier.connect()]);
  expect(await checkNotify(listener, notifier)).toMatchObject({ state: "fail" });
  await Promise.all([listener.end(), notifier.end()]);
  await other.drop();
});

test("the check of LISTEN and NOTIFY fails when a connection is lost during the check, and the process survives", async () => {
  const [listener, notifier, third] = [1, 2, 3].map(() => new pg.Client(database.url)) as [
    pg.Client,
    pg.Client,
    pg.Client,
  ];
  listener.on("error", () => undefined);
  await Promise.all([listener, notifier, third].map((client) => client.connect()));
  const { rows } = await listener.query<{ pid: number }>("select pg_backend_pid() as pid");
  await notifier.end();
  expect(await checkNotify(listener, notifier)).toMatchObject({ state: "fail" });
  const ended = new Promise<void>((resolve) => listener.once("end", resolve));
  await third.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
  await ended;
  await third.end();
});

test("an unreachable Postgres fails the check, and the result does not contain its password", async () => {
  const [result, ...others] = await checkQueueStore("postgres://mill:hush@127.0.0.1:1/mill");
  expect(others).toEqual([]);
  expect(result).toMatchObject({ state: "fail", message: "not reachable by QUEUE_URL: ECONNREFUSED" });
  expect(JSON.stringify(result)).not.toContain("hush");
});
