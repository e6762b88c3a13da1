import { runMigrations } from "bullmq";
import pg from "pg";
import { expect, test } from "vitest";
import { withDeadline } from "@millrace/core";
import { createTestDatabase, openRows, until, useTestDatabase, WORKER_SETTINGS } from "@millrace/testing";
import { openQueueBackend } from "../open-backend.ts";

const database = useTestDatabase();

test("the process survives when Postgres ends a connection between two statements of BullMQ", async () => {
  const rows = openRows(database.url);
  const backend = openQueueBackend(database.url, "consumer", 2);
  const queue = backend.queue("fake");
  // BullMQ checks a connection out like this for a transaction.
  const { pool } = (queue.getBackend() as unknown as { connection: { pool: pg.Pool } }).connection;
  const client = await pool.connect();
  const { rows: found } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const ended = new Promise<void>((resolve) => client.once("end", resolve));
  await rows.rows(`select pg_terminate_backend(${found[0]?.pid})`);
  await ended;
  client.release(true);
  await backend.checkWritable();
  expect(await queue.count()).toBe(0);
  await queue.close();
  await backend.close();
  await rows.close();
});

test("the pool closes although a worker was closed before its connection was ready", async () => {
  const backend = openQueueBackend(database.url, "consumer", 1);
  const settings = { ...WORKER_SETTINGS, concurrency: 1, autorun: false, removeOnComplete: { age: 60, count: 2 } };
  const worker = backend.worker("early", () => Promise.resolve("done"), settings);
  const ready = worker.waitUntilReady();
  await worker.close();
  await ready;
  await expect(withDeadline(backend.close(), 5_000)).resolves.toBeUndefined();
});

test("jobs without ids that are added together get ids of their own", async () => {
  const backend = openQueueBackend(database.url, "producer", 1);
  const queue = backend.queue("unnamed");
  const added = await queue.addBulk([1, 2].map((number) => ({ name: "job", data: { number } })));
  const found = await Promise.all(added.map(({ id }) => queue.getJob(id ?? "")));
  expect(found.map((job) => job?.data)).toEqual([{ number: 1 }, { number: 2 }]);
  await queue.close();
  await backend.close();
});

test("completed jobs stay until they are trimmed to the number and the age that the queue keeps", async () => {
  const rows = openRows(database.url);
  const backend = openQueueBackend(database.url, "consumer", 2);
  await backend.migrate();
  const queue = backend.queue("kept");
  const worker = backend.worker("kept", () => Promise.resolve("done"), {
    ...WORKER_SETTINGS,
    concurrency: 1,
    autorun: true,
    removeOnComplete: { age: 60, count: 2 },
  });
  const completed = () => queue.getJobCountByTypes("completed");
  for (let job = 0; job < 5; job++) await queue.add("job", {}, { jobId: `job-${job}` });
  await until("every job has completed", async () => (await completed()) === 5);
  await backend.trimCompleted(queue, { age: 60, count: 2 });
  expect(await completed()).toBe(2);
  await rows.rows("update bullmq.job set finished_at_ms = finished_at_ms - 60001 where queue = 'kept'");
  await backend.trimCompleted(queue, { age: 60, count: 2 });
  expect(await completed()).toBe(0);
  // BullMQ's log of events stays empty.
  expect(await rows.rows("select event from bullmq.event where queue = 'kept'")).toEqual([]);
  await worker.close();
  await queue.close();
  await backend.close();
  await rows.close();
});

test("jobs that are added together get the same rows as from BullMQ itself", async () => {
  const added = async (url: string) => {
    const rows = openRows(url);
    const backend = openQueueBackend(url, "producer", 1);
    const queue = backend.queue("added");
    const options = { attempts: 3, backoff: { type: "jittered" }, timestamp: 1_000 };
    const ids = await queue.addBulk([
      { name: "first", data: { text: "one" }, opts: { ...options, jobId: "job-1" } },
      { name: "delayed", data: { text: "two" }, opts: { ...options, jobId: "job-2", delay: 5_000 } },
      { name: "replayed", data: {}, opts: { ...options, jobId: "job-3", priority: 10 } },
      { name: "again", data: { text: "other" }, opts: { ...options, jobId: "job-1" } },
    ]);
    const found = await rows.rows(
      "select to_jsonb(job) - 'seq' as job from bullmq.job where queue = 'added' order by seq",
    );
    await queue.close();
    await backend.close();
    await rows.close();
    return { ids: ids.map(({ id }) => id), found };
  };
  const unchanged = await createTestDatabase();
  const client = new pg.Client({ connectionString: unchanged.url, options: "-c search_path=bullmq" });
  await client.connect();
  await client.query("drop schema bullmq cascade; create schema bullmq");
  await runMigrations(client);
  await client.end();
  const expected = await added(unchanged.url);
  expect(expected.found).toHaveLength(3);
  expect(await added(database.url)).toEqual(expected);
  await unchanged.drop();
});

test.each(["producer", "operator", "consumer"] as const)(
  "1: of all roles, only a consumer does not wait for the disk: %s",
  async (role) => {
    const backend = openQueueBackend(database.url, role, 1);
    const queue = backend.queue("commits");
    const { pool } = (queue.getBackend() as unknown as { connection: { pool: pg.Pool } }).connection;
    // The other roles leave the setting to the server.
    const { rows } = await pool.query(
      "select setting from pg_settings where name = 'synchronous_commit' and source = 'client'",
    );
    expect(rows).toEqual(role === "consumer" ? [{ setting: "off" }] : []);
    await queue.close();
    await backend.close();
  },
);
