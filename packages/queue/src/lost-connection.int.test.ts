import type pg from "pg";
import { expect, test } from "vitest";
import { createTestDatabase, openRows } from "@millrace/testing";
import { openQueueBackend } from "./backends/backend.ts";

test("a connection that Postgres ends between two statements of BullMQ's does not end the process", async () => {
  const database = await createTestDatabase();
  const rows = openRows(database.url);
  const backend = openQueueBackend(database.url, "consumer", 2);
  await backend.migrate();
  const queue = backend.queue("probe");
  // As BullMQ takes one out for a transaction.
  const { pool } = (queue.getBackend() as unknown as { connection: { pool: pg.Pool } }).connection;
  const client = await pool.connect();
  const { rows: found } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const ended = new Promise<void>((resolve) => client.once("end", resolve));
  await rows.rows(`select pg_terminate_backend(${found[0]?.pid})`);
  await ended;
  client.release(true);
  await backend.ping();
  expect(await queue.count()).toBe(0);
  await queue.close();
  await backend.close();
  await rows.close();
  await database.drop();
});
