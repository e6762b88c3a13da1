import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type QueueRole, retryable } from "@millrace/core";
import { queueStores, until, useTestDatabase } from "@millrace/testing";
import { openQueueHarness, type QueueHarnessOptions } from "../harness/queue-harness.ts";
import { type LosableConsumer, startLosableConsumer } from "./losable-consumer.ts";

/**
 * Short times, so that a lost worker is soon replaced. The lock is long enough for a pause of this process: a running
 * worker that renews it too late would add a stall. A retry waits for a second.
 */
const OPTIONS: QueueHarnessOptions = { timings: { lockMs: 2_000, stalledCheckMs: 150, leaseMs: 600 }, random: 0.5 };

describe.each(queueStores())("the stalls of a job on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let queueUrl: string;
  let harness: Awaited<ReturnType<typeof openQueueHarness>>;
  let lost: LosableConsumer[];

  beforeEach(async () => {
    queueUrl = await store.url(testDatabase.url);
    lost = [];
  });
  afterEach(async () => {
    await Promise.all([harness, ...lost].map((each) => each.close()));
  });

  const open = async (role: QueueRole) => {
    harness = await openQueueHarness(testDatabase.url, queueUrl, role, OPTIONS);
  };
  /** Starts a consumer and loses it during its first job. Resolves with the id of that job. */
  const loseConsumer = async (role: QueueRole, mode: "hang" | "outage") => {
    const consumer = await startLosableConsumer({ databaseUrl: testDatabase.url, queueUrl }, role, mode, OPTIONS);
    lost.push(consumer);
    const id = await consumer.firstReport;
    consumer.lose();
    return id;
  };

  test("8: a job that waits for an outage in place gets no dead letter, although its worker dies three times", async () => {
    await open("requests");
    await harness.enqueue("head", "next");
    for (let crash = 1; crash <= 3; crash += 1) expect(await loseConsumer("requests", "outage")).toBe("head");
    const done: string[] = [];
    harness.startConsumer(async ({ id }) => {
      done.push(id);
      return { result: "written" };
    });
    await until("both are done", () => done.length === 2);
    expect(done).toEqual(["head", "next"]);
    expect(await harness.deadLetters()).toEqual([]);
  });

  test("8: the stalls of an attempt do not count for the job's next attempt", async () => {
    await open("inbound");
    await harness.enqueue("job");
    for (let crash = 1; crash <= 2; crash += 1) expect(await loseConsumer("inbound", "hang")).toBe("job");
    let attempts = 0;
    const consumer = harness.startConsumer(() => {
      attempts += 1;
      throw retryable("not yet");
    });
    await until("an attempt ended and the job waits for its retry", async () => {
      return attempts === 1 && (await harness.reader.find("job")).runsAt !== undefined;
    });
    await consumer.stop(100);
    for (let crash = 1; crash <= 2; crash += 1) expect(await loseConsumer("inbound", "hang")).toBe("job");
    let isDone = false;
    harness.startConsumer(async () => {
      isDone = true;
      return { result: "written" };
    });
    await until("it is done", () => isDone);
    expect(await harness.deadLetters()).toEqual([]);
  });

  test("8: of the jobs that a worker runs at the same time, only one gets a dead letter when the worker is the third that is lost", async () => {
    await open("inbound");
    await harness.enqueue("a", "b", "c");
    const queue = harness.backend.queue(harness.definition.name);
    /** Loses a consumer that has taken all jobs, or the only one that runs. They have stalled so often. */
    const loseConsumerOf = async (jobs: number, stalls: number) => {
      const stores = { databaseUrl: testDatabase.url, queueUrl };
      const consumer = await startLosableConsumer(stores, "inbound", "hang", OPTIONS);
      lost.push(consumer);
      await consumer.firstReport;
      await until("the jobs are taken", async () => {
        const active = await queue.getActive();
        return active.length === jobs && active.every(({ stalledCounter }) => stalledCounter === stalls);
      });
      consumer.lose();
    };
    await loseConsumerOf(3, 0);
    await loseConsumerOf(3, 1);
    await loseConsumerOf(1, 2);
    const done = new Set<string>();
    harness.startConsumer(async ({ id }) => {
      done.add(id);
      return { result: "written" };
    });
    await until("two are done", () => done.size === 2);
    await until("the dead letter is written", async () => (await harness.deadLetters()).length > 0);
    const dead = await harness.deadLetters();
    expect(dead).toEqual([{ job_id: expect.any(String), error_kind: "stalled" }]);
    expect([...done, dead[0]?.job_id].toSorted()).toEqual(["a", "b", "c"]);
    await queue.close();
  });

  test("8: a job at the head of an ordered queue that stops three workers has a dead letter, and the next one runs", async () => {
    await open("requests");
    await harness.enqueue("killer", "next");
    for (let crash = 1; crash <= 3; crash += 1) expect(await loseConsumer("requests", "hang")).toBe("killer");
    const done: string[] = [];
    harness.startConsumer(async ({ id }) => {
      done.push(id);
      return { result: "written" };
    });
    await until("the next job is done", () => done.length > 0);
    expect(done).toEqual(["next"]);
    await until("the dead letter is written", async () => (await harness.deadLetters()).length > 0);
    expect(await harness.deadLetters()).toEqual([{ job_id: "killer", error_kind: "stalled" }]);
  });
});
