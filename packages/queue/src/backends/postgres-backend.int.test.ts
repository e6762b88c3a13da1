import type pg from "pg";
import { expect, test } from "vitest";
import { openRows, useTestDatabase } from "@millrace/testing";
import { openQueueBackend } from "./open-backend.ts";

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
