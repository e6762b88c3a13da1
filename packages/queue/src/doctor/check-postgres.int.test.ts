import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createEmptyDatabase, type TestDatabase } from "@millrace/testing";
import { openQueueBackend } from "../backends/backend.ts";
import { checkNotify } from "./check-postgres.ts";
import { checkQueueStore } from "./check-store.ts";

let testDatabase: TestDatabase;
beforeEach(async () => {
  testDatabase = await createEmptyDatabase();
});
afterEach(() => testDatabase.drop());

test("a Postgres without BullMQ's tables is found out, and is well once they are made", async () => {
  expect(await checkQueueStore(testDatabase.url)).toMatchObject([
    { check: "the queue's tables", state: "fail", remedy: "run millrace migrate" },
    { check: "LISTEN and NOTIFY", state: "ok" },
  ]);
  const backend = openQueueBackend(testDatabase.url, "consumer", 1);
  await backend.migrate();
  await backend.close();
  expect((await checkQueueStore(testDatabase.url)).map(({ state }) => state)).toEqual(["ok", "ok"]);
});

test("a connection that no word reaches is found out", async () => {
  // As behind a pooler: who listens is not where the word arrives. Here it is in another database.
  const elsewhere = await createEmptyDatabase();
  const [listener, notifier] = [new pg.Client(testDatabase.url), new pg.Client(elsewhere.url)];
  await Promise.all([listener.connect(), notifier.connect()]);
  expect(await checkNotify(listener, notifier)).toMatchObject({ state: "fail" });
  await Promise.all([listener.end(), notifier.end()]);
  await elsewhere.drop();
});

test("a connection that is lost in the middle of it is a finding, and does not end the process", async () => {
  const [listener, notifier, third] = [1, 2, 3].map(() => new pg.Client(testDatabase.url)) as [
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

test("a Postgres that is not there is a finding, and its password is not told", async () => {
  const [found, ...others] = await checkQueueStore("postgres://mill:hush@127.0.0.1:1/mill");
  expect(others).toEqual([]);
  expect(found).toMatchObject({ state: "fail", message: "not reachable by QUEUE_URL: ECONNREFUSED" });
  expect(JSON.stringify(found)).not.toContain("hush");
});
