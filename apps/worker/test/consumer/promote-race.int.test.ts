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

test("3: on postgres, a job that is woken in the moment in which a worker takes it stays that worker's", async () => {
  await harness.producer.enqueue([eventOf("one", new Date(Date.now() + 3_600_000))]);
  const taker = openRows(testDatabase.url);
  await taker.rows("begin");
  await taker.rows("update bullmq.job set state = 'active', lock_token = 'theirs' where id = 'one'");
  const waking = harness.producer.wake("one");
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
