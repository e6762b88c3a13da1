import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createQueueWatch, type QueueWatch } from "@millrace/queue";
import { createTestDatabase, queueStores, until, useTestDatabase } from "@millrace/testing";
import { eventOf, openQueueHarness } from "../harness/queue-harness.ts";

describe.each(queueStores())("the watch of a queue on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: Awaited<ReturnType<typeof openQueueHarness>>;
  let watch: QueueWatch;
  let now: Date;

  beforeEach(async () => {
    harness = await openQueueHarness(testDatabase.url, await store.url(testDatabase.url), "inbound");
    now = new Date();
    watch = createQueueWatch(harness.backend, [harness.definition], () => now);
  });
  afterEach(async () => {
    await watch.close();
    await harness.close();
  });

  const look = async () => {
    const [state] = await watch.read();
    if (!state) throw new Error("the watch does not cover the queue");
    return state;
  };
  const pass = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1000);
  };

  test("counts workers and reports since when the queue has none", async () => {
    const first = now;
    expect(await look()).toMatchObject({ queue: "fake-inbound", workers: 0, unconsumedSince: first });
    pass(30);
    expect(await look()).toMatchObject({ workers: 0, unconsumedSince: first });
    const workers = [
      harness.startConsumer(() => Promise.resolve({ result: "written" })),
      harness.startConsumer(() => Promise.reject()),
    ];
    await until("both workers count", async () => (await look()).workers === 2);
    expect((await look()).unconsumedSince).toBeUndefined();
    for (const worker of workers) await worker.stop(100);
    await until("no worker counts", async () => (await look()).workers === 0);
    expect((await look()).unconsumedSince).toEqual(now);
  });

  test("does not count the workers of another database on the same server", async () => {
    const other = await createTestDatabase();
    const otherHarness = await openQueueHarness(other.url, await store.url(other.url), "inbound");
    const otherWatch = createQueueWatch(otherHarness.backend, [otherHarness.definition], () => now);
    otherHarness.startConsumer(() => Promise.resolve({ result: "written" }));
    await until("the other worker counts", async () => (await otherWatch.read())[0]?.workers === 1);
    expect((await look()).workers).toBe(0);
    await otherWatch.close();
    await otherHarness.close();
    await other.drop();
  });

  test("reports since when the oldest runnable job waits, and ignores delayed jobs", async () => {
    expect((await look()).waitsSince).toBeUndefined();
    const before = Date.now();
    await harness.producer.enqueue([eventOf("later", new Date(Date.now() + 3_600_000))]);
    expect((await look()).waitsSince).toBeUndefined();
    await harness.enqueue("one", "two");
    const since = (await look()).waitsSince?.getTime() ?? 0;
    expect(since).toBeGreaterThanOrEqual(before);
    expect(since).toBeLessThanOrEqual(Date.now());
    pass(600);
    expect((await look()).waitsSince?.getTime()).toBe(since);
  });

  test("a formerly delayed job waits since the watch first saw it in the queue", async () => {
    await harness.producer.enqueue([eventOf("later", new Date(Date.now() + 3_600_000))]);
    pass(600);
    await harness.producer.promote("later");
    const seen = now;
    expect((await look()).waitsSince).toEqual(seen);
    pass(600);
    expect((await look()).waitsSince).toEqual(seen);
  });

  test("14: counts delayed jobs that should have run more than 10 minutes ago, also after moves and promotions", async () => {
    const overdue = async () => (await look()).overdue;
    const started = now;
    const later = (minutes: number) => new Date(started.getTime() + minutes * 60_000);
    await harness.producer.enqueue([eventOf("first", later(5)), eventOf("second", later(60))]);
    now = later(15);
    expect(await overdue()).toBe(0);
    now = later(16);
    expect(await overdue()).toBe(1);
    // The consumer snoozes the first job, long after it was created.
    const consumer = harness.startConsumer(() =>
      Promise.resolve({ result: "snoozed", until: later(120), callSucceeded: false }),
    );
    await harness.producer.promote("first");
    await until("the job is snoozed", async () => (await harness.reader.find("first")).runsAt !== undefined);
    await until("the job is delayed again", async () => (await overdue()) === 0);
    await consumer.stop(100);
    now = later(129);
    expect(await overdue()).toBe(1);
    now = later(131);
    expect(await overdue()).toBe(2);
  });
});
