import { afterEach, beforeEach, expect, test } from "vitest";
import { openRows, until, useTestDatabase } from "@millrace/testing";
import { eventOf, openQueueHarness } from "../harness/queue-harness.ts";

const testDatabase = useTestDatabase({ perTest: true });
let harness: Awaited<ReturnType<typeof openQueueHarness>>;
let rows: ReturnType<typeof openRows>;

beforeEach(async () => {
  harness = await openQueueHarness(testDatabase.url, testDatabase.url, "inbound");
  rows = openRows(testDatabase.url);
});
afterEach(async () => {
  await rows.close();
  await harness.close();
});

test("3: on Postgres, a job that is promoted while a worker takes it stays with that worker", async () => {
  await harness.producer.enqueue([eventOf("one", new Date(Date.now() + 3_600_000))]);
  const worker = openRows(testDatabase.url);
  await worker.rows("begin");
  await worker.rows("update bullmq.job set state = 'active', lock_token = 'worker' where id = 'one'");
  const promotion = harness.producer.wake("one");
  await until("the promotion waits for the lock", async () => {
    const waiting = await rows.rows(
      "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%promote%'",
    );
    return waiting.length === 1;
  });
  await worker.rows("commit");
  await promotion;
  expect(await rows.rows("select state, lock_token from bullmq.job")).toEqual([
    { state: "active", lock_token: "worker" },
  ]);
  await worker.close();
});
