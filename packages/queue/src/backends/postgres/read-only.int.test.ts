import { EventEmitter } from "node:events";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openRows, useTestDatabase } from "@millrace/testing";
import type { BullConnection } from "./connection.ts";
import { discardReadOnly } from "./read-only.ts";

const testDatabase = useTestDatabase({ perTest: true });
const READ_ONLY = { code: "25006" };

let pool: pg.Pool;
/** The errors that the connection that listens got. */
let errors: unknown[];

beforeEach(() => {
  pool = new pg.Pool({ connectionString: testDatabase.url, max: 1 });
  pool.on("error", () => undefined);
  errors = [];
  const listenClient = new EventEmitter().on("error", (error) => errors.push(error)) as unknown as pg.PoolClient;
  discardReadOnly(pool, new Set([{ listenClient } as BullConnection]));
});
afterEach(() => pool.end());

async function makeReadOnly(): Promise<void> {
  const rows = openRows(testDatabase.url);
  const name = new URL(testDatabase.url).pathname.slice(1);
  await rows.rows(`alter database "${name}" set default_transaction_read_only = on`);
  await rows.close();
}

test("14: a new connection to a read-only server is refused, also for a read, and the one that listens ends", async () => {
  await makeReadOnly();
  await expect(pool.query("select 1")).rejects.toMatchObject(READ_ONLY);
  expect(errors).toMatchObject([READ_ONLY]);
});

test("14: the connection that listens ends once a write of the pool fails because the server is read-only", async () => {
  await pool.query("set default_transaction_read_only = on");
  expect(errors).toEqual([]);
  await expect(pool.query("create table refused ()")).rejects.toMatchObject(READ_ONLY);
  expect(errors).toMatchObject([READ_ONLY]);
});

test("the connection that listens stays open after another error of the pool", async () => {
  await expect(pool.query("select 1 / 0")).rejects.toMatchObject({ code: "22012" });
  expect(errors).toEqual([]);
});
