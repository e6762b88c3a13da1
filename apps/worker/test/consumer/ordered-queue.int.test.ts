import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EVENT_VERSION, permanent, ProviderError, retryable, uuidv7 } from "@millrace/core";
import { createLeases, createPauses } from "@millrace/db";
import { QueueUnavailableError } from "@millrace/queue";
import { queueStores, until, useTestDatabase } from "@millrace/testing";
import { eventOf, openQueueHarness, OutageError } from "../harness/queue-harness.ts";
import { startLosableConsumer } from "./losable-consumer.ts";
import { startQueueProcess } from "./queue-process.ts";

describe.each(queueStores())("5: an ordered queue on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let queueUrl: string;
  let harness: Awaited<ReturnType<typeof openQueueHarness>>;
  /** Completed jobs in order, and how many ran at the same time. */
  let done: string[];
  let running: number;
  let most: number;
  /** Closes the worker that a test lost. */
  let closeLost: () => Promise<void>;

  beforeEach(async () => {
    queueUrl = await store.url(testDatabase.url);
    harness = await openQueueHarness(testDatabase.url, queueUrl, "requests", {
      probes: { firstMs: 100, longestMs: 200 },
    });
    [done, running, most] = [[], 0, 0];
    closeLost = () => Promise.resolve();
  });
  afterEach(async () => {
    await closeLost();
    await harness.close();
  });

  /** Starts a consumer; `act` can fail a job before it completes. */
  const startConsumer = (act: (id: string) => unknown = () => undefined) =>
    harness.startConsumer(async ({ id }) => {
      running += 1;
      most = Math.max(most, running);
      try {
        await new Promise(setImmediate);
        await act(id);
        done.push(id);
        return { result: "written" };
      } finally {
        running -= 1;
      }
    });
  const named = (count: number) => Array.from({ length: count }, (_, index) => `job${index}`);
  const doneAll = (count: number) => until(`${count} are done`, () => done.length >= count);

  test("runs one job at a time over all consumers, in the order of acceptance", async () => {
    for (let consumer = 0; consumer < 3; consumer += 1) startConsumer();
    const ids = named(60);
    // Some jobs arrive while others run, and some arrive together.
    await harness.enqueue(...ids.slice(0, 20));
    await harness.producer.enqueue(ids.slice(20, 40).map((id) => eventOf(id)));
    await harness.enqueue(...ids.slice(40));
    await doneAll(60);
    expect(done).toEqual(ids);
    expect(most).toBe(1);
  });

  test("retries a failed job before the next one, and goes on after a job that is exhausted", async () => {
    const attempts = new Map<string, number>();
    for (let consumer = 0; consumer < 2; consumer += 1)
      startConsumer((id) => {
        attempts.set(id, (attempts.get(id) ?? 0) + 1);
        if (id === "job1" && (attempts.get(id) ?? 0) < 4) throw retryable("not yet");
        if (id === "job2") throw permanent("never");
        if (id === "job3") throw new Error("always");
      });
    await harness.enqueue(...named(6));
    await doneAll(4);
    expect(done).toEqual(["job0", "job1", "job4", "job5"]);
    expect(Object.fromEntries(attempts)).toMatchObject({ job1: 4, job2: 1, job3: harness.definition.retry.attempts });
    expect(most).toBe(1);
    await until("both have their dead letters", async () => (await harness.deadLetters()).length === 2);
    expect(await harness.deadLetters()).toEqual([
      { job_id: "job2", error_kind: "permanent" },
      { job_id: "job3", error_kind: "retryable" },
    ]);
  });

  test.each([
    ["Postgres", () => new OutageError()],
    ["the queue", () => new QueueUnavailableError("the queue did not answer in time")],
  ])("waits for an outage of %s at the first job, longer than the job has attempts", async (_, outage) => {
    let outages = 0;
    for (let consumer = 0; consumer < 2; consumer += 1)
      startConsumer((id) => {
        if (id !== "job1" || outages >= harness.definition.retry.attempts + 3) return;
        outages += 1;
        throw outage();
      });
    await harness.enqueue(...named(5));
    await doneAll(5);
    expect(done).toEqual(named(5));
    expect(await harness.deadLetters()).toEqual([]);
  });

  test("waits at the first job while a store is paused, and resumes the store once a call succeeds", async () => {
    let attempts = 0;
    startConsumer((id) => {
      if (id !== "job1" || attempts >= 3) return;
      attempts += 1;
      throw new ProviderError("the media folder is full", { kind: "paused", scope: "media" });
    });
    await harness.enqueue(...named(4));
    await doneAll(4);
    expect(done).toEqual(named(4));
    expect(attempts).toBe(3);
    expect(await createPauses(harness.database, uuidv7).list()).toEqual([]);
  });

  test("a consumer that stops during a job returns it to the front of the queue", async () => {
    const stopped = startConsumer((id) => (id === "job0" ? new Promise(() => undefined) : undefined));
    await harness.enqueue(...named(4));
    await until("the first job runs", () => running === 1);
    await stopped.stop(50);
    expect(done).toEqual([]);
    startConsumer();
    await doneAll(4);
    expect(done).toEqual(named(4));
  });

  test("a consumer that stops during a backoff returns the job to the front of the queue", async () => {
    let outages = 0;
    const stopped = startConsumer(() => {
      outages += 1;
      throw new OutageError();
    });
    await harness.enqueue(...named(4));
    await until("it waits", () => outages > 1);
    await stopped.stop(50);
    startConsumer();
    await doneAll(4);
    expect(done).toEqual(named(4));
    expect(await harness.deadLetters()).toEqual([]);
  });

  test("14: a job of a newer version keeps its place at the head until a worker knows its version", async () => {
    const queue = harness.backend.queue(harness.definition.name);
    await queue.add("fake", { ...eventOf("job0"), v: EVENT_VERSION + 1 }, { jobId: "job0", attempts: 1 });
    await harness.enqueue(...named(4).slice(1));
    const stopped = startConsumer();
    await until("a worker has taken it", async () => ((await queue.getJob("job0"))?.attemptsStarted ?? 0) > 0);
    await stopped.stop(50);
    expect(done).toEqual([]);
    const waiting = await queue.getJobs(["waiting"], 0, -1, true);
    expect(waiting.map(({ id }) => id)).toEqual(named(4));

    // The job as a worker that knows its version reads it.
    await waiting[0]?.updateData(eventOf("job0"));
    startConsumer();
    await doneAll(4);
    expect(done).toEqual(named(4));
    await queue.close();
  });

  test("a worker that is lost during the first job delays the queue and does not change its order", async () => {
    await harness.enqueue(...named(4));
    const lost = await startLosableConsumer({ databaseUrl: testDatabase.url, queueUrl }, "requests", "hang");
    closeLost = lost.close;
    expect(await lost.firstReport).toBe("job0");
    startConsumer();
    lost.lose();
    await harness.enqueue("job4");
    await doneAll(5);
    expect(done).toEqual(named(5));
    expect(most).toBe(1);
  });

  test("a process that is suspended during the first job is replaced, and runs no job once it continues", async () => {
    await harness.enqueue(...named(4));
    const child = startQueueProcess({ databaseUrl: testDatabase.url, queueUrl }, "requests");
    expect(await child.nextReport()).toBe("job0");
    child.signal("SIGSTOP");
    startConsumer();
    await doneAll(4);
    child.signal("SIGCONT");
    for (const id of named(24).slice(4)) await harness.enqueue(id);
    await doneAll(24);
    await child.kill();
    expect(done).toEqual(named(24));
    expect(child.reported).toEqual(["job0"]);
  });

  test("runs one job at a time in order also after its store lost all data", async () => {
    for (let consumer = 0; consumer < 3; consumer += 1) startConsumer(() => wait(20));
    await harness.enqueue("first");
    await doneAll(1);
    await store.loseData(queueUrl);
    const ids = named(20);
    for (const id of ids) await harness.enqueue(id);
    await doneAll(21);
    expect(done).toEqual(["first", ...ids]);
    expect(most).toBe(1);
  });

  test("a consumer that cannot renew its lease takes no more jobs until it acquires the lease again", async () => {
    const leases = createLeases(harness.database);
    let isAway = false;
    const acquire: typeof leases.acquire = (...lease) =>
      isAway ? Promise.reject(new OutageError()) : leases.acquire(...lease);
    const ran: string[] = [];
    const runAs = (name: string) => async () => {
      ran.push(name);
      return { result: "written" };
    };
    harness.startConsumer(runAs("one"), [], { ...leases, acquire });
    await harness.enqueue("job0");
    await until("the first consumer runs it", () => ran.length === 1);
    isAway = true;
    await until("it has lost the lease and is paused", () =>
      harness.log.lines().some((line) => line["msg"] === "consumer.paused"),
    );
    const other = harness.startConsumer(runAs("other"));
    await harness.enqueue("job1", "job2", "job3");
    await until("another consumer runs the others", () => ran.length === 4);
    isAway = false;
    await other.stop(100);
    await harness.enqueue("job4");
    await until("the first consumer goes on", () => ran.length === 5);
    expect(ran).toEqual(["one", "other", "other", "other", "one"]);
    expect(harness.log.lines().filter((line) => line["outcome"] === "returned")).toEqual([]);
  });
});
