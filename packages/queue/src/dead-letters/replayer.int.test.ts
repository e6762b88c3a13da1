import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { queueStores, until, useTestDatabase, WORKER_SETTINGS } from "@millrace/testing";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";
import { openQueueBackend } from "../backends/open-backend.ts";
import { queueDefinition } from "../catalogue.ts";
import { createReplayer, type ReplayableDeadLetter, type Replayer } from "./replayer.ts";

const DEFINITION = queueDefinition("fake", "inbound");
const DEAD_LETTER: ReplayableDeadLetter = {
  id: "01a21391-25c9-71a7-87d2-949ddf2a17c6",
  queue: DEFINITION.name,
  jobId: "one",
  integration: "fake",
  eventId: "one",
  kind: "message",
  payload: { text: "Hello" },
  correlationId: "c-1",
  receivedAt: new Date("2026-03-01T11:00:00Z"),
  requestIndex: 2,
  failedAt: new Date("2026-03-01T12:00:00Z"),
};

describe.each(queueStores())("requeueing dead letters on $kind:", (store) => {
  const database = useTestDatabase();
  let backend: QueueBackend;
  let queue: JobQueue;
  let replayer: Replayer;
  let now: Date;

  beforeEach(async () => {
    backend = openQueueBackend(await store.url(database.url), "consumer", 4);
    queue = backend.queue(DEFINITION.name);
    now = new Date("2026-03-01T13:00:00Z");
    replayer = createReplayer(backend, [DEFINITION], () => now);
  });
  afterEach(async () => {
    await queue.obliterate({ force: true });
    await replayer.close();
    await queue.close();
    await backend.close();
  });

  const startWorker = (autorun: boolean) =>
    backend.worker(
      DEFINITION.name,
      () => Promise.reject(Object.assign(new Error("no attempt succeeds"), { name: "UnrecoverableError" })),
      {
        autorun,
        concurrency: 1,
        ...WORKER_SETTINGS,
      },
    );

  /** Runs the job so that it fails permanently. Returns the time of the failure. */
  async function failJob(): Promise<Date> {
    const worker = startWorker(true);
    await until("the job has failed", async () => (await queue.getJobState("one")) === "failed");
    await worker.close();
    return new Date((await queue.getJob("one"))?.finishedOn ?? 0);
  }

  test("9: the new job is made from the dead letter alone, links to it, has all attempts and runs after live jobs", async () => {
    expect(await replayer.requeue([DEAD_LETTER])).toEqual({ completed: [], unknownQueue: [] });
    const job = await queue.getJob("one");
    expect(job?.data).toEqual({
      v: 1,
      integration: "fake",
      id: "one",
      kind: "message",
      correlationId: "c-1",
      receivedAt: "2026-03-01T11:00:00.000Z",
      index: 2,
      replayOf: DEAD_LETTER.id,
      payload: { text: "Hello" },
    });
    expect(job).toMatchObject({ name: "message", attemptsMade: 0, opts: { attempts: 8, priority: 10 } });
  });

  test("a requeue replaces the failed job and leaves a waiting one unchanged", async () => {
    await replayer.requeue([DEAD_LETTER]);
    const failedAt = await failJob();
    await replayer.requeue([{ ...DEAD_LETTER, failedAt, payload: { text: "changed" } }]);
    await replayer.requeue([{ ...DEAD_LETTER, failedAt, payload: { text: "changed again" } }]);
    expect((await queue.getJob("one"))?.data).toMatchObject({ payload: { text: "changed" } });
    expect(await queue.getJobCounts("failed", "prioritized")).toEqual({ failed: 0, prioritized: 1 });
  });

  test("8: a job that failed again and has no dead letter for that failure yet stays in the queue", async () => {
    await replayer.requeue([DEAD_LETTER]);
    await failJob();
    await replayer.requeue([DEAD_LETTER]);
    expect(await queue.getJobState("one")).toBe("failed");
  });

  test("job data of an unknown version is requeued unchanged, for a worker that knows it now", async () => {
    const jobData = {
      v: 1,
      integration: "fake",
      id: "one",
      kind: "lead",
      correlationId: "c-2",
      receivedAt: "2026-03-01T11:00:00.000Z",
    };
    await replayer.requeue([{ ...DEAD_LETTER, payload: { ...jobData, payload: 7 } }]);
    expect((await queue.getJob("one"))?.data).toEqual({ ...jobData, payload: 7, replayOf: DEAD_LETTER.id });
  });

  test("a job is withdrawn once every reading for a minute finds no worker of its queue", async () => {
    const withdraw = (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1_000);
      return replayer.withdrawUnconsumed([DEAD_LETTER], 60_000);
    };
    await replayer.requeue([DEAD_LETTER]);
    expect(await withdraw(0)).toEqual([]);
    expect(await withdraw(50)).toEqual([]);
    // The readings before a worker, and those before a long time without a reading, do not count.
    await queue.pause();
    const worker = startWorker(true);
    await until("the worker is counted", async () => (await backend.countWorkers(queue)) === 1);
    expect(await withdraw(10)).toEqual([]);
    await worker.close();
    await until("the worker is gone", async () => (await backend.countWorkers(queue)) === 0);
    expect(await withdraw(10)).toEqual([]);
    expect(await withdraw(600)).toEqual([]);
    expect(await withdraw(59)).toEqual([]);
    expect(await queue.getJob("one")).toBeDefined();
    expect(await withdraw(1)).toEqual([DEAD_LETTER.id]);
    expect(await queue.getJob("one")).toBeUndefined();
  });

  test("a dead letter of a removed queue does not prevent the requeue of the others", async () => {
    const other = { ...DEAD_LETTER, id: "01a21391-25c9-71a7-87d2-949ddf2a17c7", queue: "removed-inbound" };
    expect(await replayer.requeue([other, DEAD_LETTER])).toEqual({ completed: [], unknownQueue: [other.id] });
    expect(await queue.getJobState("one")).toBe("prioritized");
  });
});
