import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createQueueWatch, type QueueWatch } from "@millrace/queue";
import { createTestDatabase, queueStores, until, useTestDatabase } from "@millrace/testing";
import { eventOf, openQueueHarness } from "../harness/queue-harness.ts";

describe.each(queueStores())("a watch over a queue on $kind", (store) => {
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
    const [state] = await watch.look();
    if (!state) throw new Error("the queue is not looked at");
    return state;
  };
  const pass = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1000);
  };

  test("counts its workers, and knows since when there is none", async () => {
    const first = now;
    expect(await look()).toMatchObject({ queue: "fake-inbound", workers: 0, unconsumedSince: first });
    pass(30);
    expect(await look()).toMatchObject({ workers: 0, unconsumedSince: first });
    const workers = [
      harness.startConsumer(() => Promise.resolve({ result: "written" })),
      harness.startConsumer(() => Promise.reject()),
    ];
    await until("both are seen", async () => (await look()).workers === 2);
    expect((await look()).unconsumedSince).toBeUndefined();
    for (const worker of workers) await worker.stop(100);
    await until("both are gone", async () => (await look()).workers === 0);
    expect((await look()).unconsumedSince).toEqual(now);
  });

  test("does not count the workers of another database on the same server", async () => {
    const other = await createTestDatabase();
    const theirs = await openQueueHarness(other.url, await store.url(other.url), "inbound");
    const theirWatch = createQueueWatch(theirs.backend, [theirs.definition], () => now);
    theirs.startConsumer(() => Promise.resolve({ result: "written" }));
    await until("their worker is there", async () => (await theirWatch.look())[0]?.workers === 1);
    expect((await look()).workers).toBe(0);
    await theirWatch.close();
    await theirs.close();
    await other.drop();
  });

  test("tells since when the first job in the harness waits, and nothing of those that are put off", async () => {
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

  test("a job that was put off waits since it was first seen in the harness", async () => {
    await harness.producer.enqueue([eventOf("later", new Date(Date.now() + 3_600_000))]);
    pass(600);
    await harness.producer.wake("later");
    const seen = now;
    expect((await look()).waitsSince).toEqual(seen);
    pass(600);
    expect((await look()).waitsSince).toEqual(seen);
  });
});
