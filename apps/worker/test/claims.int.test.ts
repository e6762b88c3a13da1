import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestDatabase, openRows, type TestDatabase, until } from "@millrace/testing";
import { eventOf, openLine } from "./line.ts";

let testDatabase: TestDatabase;
let line: Awaited<ReturnType<typeof openLine>>;
let rows: ReturnType<typeof openRows>;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  line = await openLine(testDatabase.url, testDatabase.url, "inbound");
  rows = openRows(testDatabase.url);
});
afterEach(async () => {
  await rows.close();
  await line.close();
  await testDatabase.drop();
});

test("3: on postgres, a job that is woken in the moment in which a worker takes it stays that worker's", async () => {
  await line.producer.enqueue([eventOf("one", new Date(Date.now() + 3_600_000))]);
  const taker = openRows(testDatabase.url);
  await taker.rows("begin");
  await taker.rows("update bullmq.job set state = 'active', lock_token = 'theirs' where id = 'one'");
  const waking = line.producer.wake("one");
  await until("it waits for the one who takes it", async () => {
    const waiting = await rows.rows(
      "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%promote%'",
    );
    return waiting.length === 1;
  });
  await taker.rows("commit");
  await waking;
  expect(await rows.rows("select state, lock_token from bullmq.job")).toEqual([
    { state: "active", lock_token: "theirs" },
  ]);
  await taker.close();
});
