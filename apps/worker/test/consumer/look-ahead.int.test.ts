import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type InboundEvent, ProviderError } from "@millrace/core";
import type { EventProcessor } from "@millrace/queue";
import { queueStores, until, useTestDatabase } from "@millrace/testing";
import { eventOf, openQueueHarness } from "../harness/queue-harness.ts";
import { startLosableConsumer } from "./losable-consumer.ts";

/** The error of a job that waits at the head of its queue without using an attempt. */
function rateLimited(): ProviderError {
  return new ProviderError("slow down", { kind: "rate_limited", scope: "media", until: new Date() });
}

describe.each(queueStores())("5: an ordered queue that processes jobs together on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let queueUrl: string;
  let harness: Awaited<ReturnType<typeof openQueueHarness>>;
  /** The ids of completed jobs in their order, those that were processed alone, and the sizes of the batches. */
  let done: string[];
  let alone: string[];
  let sizes: number[];
  let enqueueFollowUps: (ids: readonly string[]) => Promise<void>;

  beforeEach(async () => {
    queueUrl = await store.url(testDatabase.url);
    harness = await openQueueHarness(testDatabase.url, queueUrl, "requests", {
      probes: { firstMs: 100, longestMs: 200 },
    });
    [done, alone, sizes] = [[], [], []];
    enqueueFollowUps = () => Promise.resolve();
  });
  afterEach(async () => {
    await harness.close();
  });

  /** Starts a consumer with batches that complete the events that `select` returns. */
  const startConsumer = (
    select: (events: readonly InboundEvent[]) => readonly InboundEvent[],
    process: (id: string) => unknown = () => undefined,
  ) => {
    const processor: Pick<EventProcessor, "process" | "processTogether"> = {
      async process({ id }) {
        await process(id);
        done.push(id);
        alone.push(id);
        return { result: "written" };
      },
      processTogether(events) {
        const ids = select(events).map(({ id }) => id);
        sizes.push(events.length);
        done.push(...ids);
        return Promise.resolve({ done: new Set(ids), followed: enqueueFollowUps(ids) });
      },
    };
    return harness.startConsumer(processor);
  };
  const named = (count: number) => Array.from({ length: count }, (_, index) => `job${index}`);
  const enqueueTogether = (ids: readonly string[]) => harness.producer.enqueue(ids.map((id) => eventOf(id)));
  const doneAll = (count: number) => until(`${count} are done`, () => done.length >= count);

  test("completes up to 64 at a time in the order of acceptance, each in one line of the log", async () => {
    await enqueueTogether(named(100));
    startConsumer((events) => events);
    await doneAll(100);
    expect(done).toEqual(named(100));
    expect(sizes).toEqual([64, 36]);
    await until("the queue is empty", async () => (await harness.reader.states()).size === 0);
    const lines = harness.log.lines().filter(({ msg }) => msg === "job.attempted");
    expect(lines).toHaveLength(100);
    expect(new Set(lines.map(({ jobId }) => jobId))).toEqual(new Set(named(100)));
    expect(new Set(lines.map(({ outcome }) => outcome))).toEqual(new Set(["written"]));
  });

  test("runs a job that a batch leaves out in its place", async () => {
    await enqueueTogether(named(10));
    startConsumer((events) => {
      const stop = events.findIndex(({ id }) => id === "job4");
      return stop === -1 ? events : events.slice(0, stop);
    });
    await doneAll(10);
    expect(done).toEqual(named(10));
    expect(alone).toEqual(["job4"]);
  });

  test("runs the jobs of a batch that fails one by one, and no others", async () => {
    await enqueueTogether(named(70));
    startConsumer((events) => {
      if (events.some(({ id }) => id === "job5")) throw new Error("job5 does not fit");
      return events;
    });
    await doneAll(70);
    expect(done).toEqual(named(70));
    expect(alone).toEqual(named(64));
  });

  test("3: jobs stay in the queue until their follow-up jobs are enqueued", async () => {
    await enqueueTogether(named(100));
    enqueueFollowUps = (ids) => (ids.includes("job70") ? Promise.reject(new Error("no queue")) : Promise.resolve());
    startConsumer((events) => events.filter(({ id }) => !done.includes(id)));
    await until("the queue is empty", async () => (await harness.reader.states()).size === 0);
    expect(new Set(done)).toEqual(new Set(named(100)));
    expect(alone).toEqual(named(100).slice(64));
  });

  test("completes jobs behind one that waits at the head of the queue, also those that arrive meanwhile", async () => {
    await enqueueTogether(named(10));
    let isWaiting = false;
    startConsumer(
      (events) => events.filter(({ id }) => id !== "job0"),
      () => {
        isWaiting = true;
        if (!done.includes("late")) throw rateLimited();
      },
    );
    await until("the first job waits", () => isWaiting);
    await harness.enqueue("late");
    await doneAll(11);
    expect(done).toEqual([...named(10).slice(1), "late", "job0"]);
  });

  test("a worker that is lost during a batch leaves all jobs in their order", async () => {
    await enqueueTogether(named(6));
    const lost = await startLosableConsumer({ databaseUrl: testDatabase.url, queueUrl }, "requests", "hang together");
    onTestFinished(lost.close);
    expect(await lost.firstReport).toBe(named(6).join());
    lost.lose();
    startConsumer((events) => events);
    await doneAll(6);
    expect(done).toEqual(named(6));
    // The job at the head stalled, so each runs alone: a job that ends its worker must not take others with it again.
    expect(alone).toEqual(named(6));
  });

  test("a worker that stops during a batch takes no more jobs", async () => {
    await enqueueTogether(named(200));
    const started = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    enqueueFollowUps = () => {
      started.resolve();
      return stopped.promise;
    };
    const consumer = startConsumer((events) => events);
    await started.promise;
    const ended = consumer.stop(20_000);
    stopped.resolve();
    await ended;
    // The batch that ran, and the one that was processed while its jobs left the queue.
    expect(done.length).toBeLessThanOrEqual(2 * 64);
  });

  test("a queue that is paused during a batch processes no more jobs", async () => {
    const queue = harness.backend.queue(harness.definition.name);
    await enqueueTogether(named(200));
    const paused = Promise.withResolvers<void>();
    enqueueFollowUps = async () => {
      enqueueFollowUps = () => Promise.resolve();
      await queue.pause();
      paused.resolve();
    };
    startConsumer((events) => events);
    await paused.promise;
    await until("no job runs", async () => (await queue.getActiveCount()) === 0);
    expect(done.length).toBeLessThan(200);
    await queue.resume();
    await doneAll(200);
    expect(done).toEqual(named(200));
    await queue.close();
  });
});
