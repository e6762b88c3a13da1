import { uuidv7 } from "@millrace/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createQueueReader, queueDefinition } from "@millrace/queue";
import { createPauses } from "@millrace/db";
import { queueStores, until, useTestDatabase } from "@millrace/testing";
import { eventOf, openQueueHarness } from "../harness/queue-harness.ts";

const far = () => new Date(Date.now() + 3_600_000);

describe.each(queueStores())("a delayed or snoozed job on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: Awaited<ReturnType<typeof openQueueHarness>>;
  /** Attempts per job, and the completed jobs in order. */
  let attempts: Map<string, number>;
  let done: string[];

  beforeEach(async () => {
    harness = await openQueueHarness(testDatabase.url, await store.url(testDatabase.url), "inbound");
    attempts = new Map();
    done = [];
  });
  afterEach(async () => {
    await harness.close();
  });

  /** Starts a consumer that snoozes each job at its first attempt and completes it at its second. */
  const startConsumer = (
    until: () => Date,
    stillWaiting?: (id: string) => Promise<boolean>,
    before?: (id: string) => Promise<void>,
  ) =>
    harness.startConsumer(async ({ id }) => {
      const attempt = (attempts.get(id) ?? 0) + 1;
      attempts.set(id, attempt);
      if (attempt > 1 || id === "plain") {
        done.push(id);
        return { result: "written" };
      }
      await before?.(id);
      return {
        result: "snoozed",
        until: until(),
        detail: "a test",
        stillWaiting: stillWaiting && (() => stillWaiting(id)),
      };
    });
  const waits = (id: string) =>
    until(`${id} waits`, async () => attempts.has(id) && (await harness.reader.find(id)).runsAt !== undefined);
  const isDone = (id: string) => until(`${id} is done`, () => done.includes(id));

  test("runs at its time and uses no attempt", async () => {
    const at = new Date(Date.now() + 700);
    startConsumer(() => at);
    await harness.enqueue("one");
    await isDone("one");
    expect(Date.now()).toBeGreaterThanOrEqual(at.getTime());
    await until("it is completed", async () => (await harness.reader.find("one")).place === "completed");
    expect((await harness.reader.find("one")).attemptsMade).toBeLessThanOrEqual(1);
  });

  test("runs at once when it is promoted; promoting any other job changes nothing", async () => {
    startConsumer(far);
    await harness.enqueue("one", "two");
    await waits("one");
    await waits("two");
    await harness.producer.promote("one");
    await isDone("one");
    await until("it is completed", async () => (await harness.reader.find("one")).place === "completed");
    for (const id of ["one", "unknown"]) await harness.producer.promote(id);
    await harness.enqueue("plain");
    await isDone("plain");
    expect(done).toEqual(["one", "plain"]);
    expect(attempts.get("one")).toBe(2);
    expect((await harness.reader.find("two")).place).toBe("waiting");
    // Many callers promote it at once, and some of them come too late.
    await Promise.all(Array.from({ length: 10 }, () => harness.producer.promote("two")));
    await isDone("two");
    expect(attempts.get("two")).toBe(2);
  });

  test("runs at once when what it waits for happened before it was delayed", async () => {
    let happened = false;
    startConsumer(
      far,
      () => Promise.resolve(!happened),
      async (id) => {
        // Promoting a job that runs does nothing.
        await harness.producer.promote(id);
        happened = true;
      },
    );
    await harness.enqueue("one");
    await isDone("one");
    expect(attempts.get("one")).toBe(2);
  });

  test("stays delayed while stillWaiting holds", async () => {
    const checked: string[] = [];
    startConsumer(far, (id) => Promise.resolve(checked.push(id) > 0));
    await harness.enqueue("one");
    await waits("one");
    await until("stillWaiting was checked", () => checked.length === 1);
    await harness.enqueue("plain");
    await isDone("plain");
    expect(attempts.get("one")).toBe(1);
    expect((await harness.reader.find("one")).place).toBe("waiting");
  });

  test("runs once when it is promoted while stillWaiting is checked", async () => {
    startConsumer(far, async (id) => {
      await harness.producer.promote(id);
      return false;
    });
    const ids = Array.from({ length: 10 }, (_, index) => `job${index}`);
    await harness.enqueue(...ids);
    for (const id of ids) await isDone(id);
    await until("all are completed", async () => (await harness.reader.states()).size === 0);
    expect(done.toSorted((one, two) => one.localeCompare(two))).toEqual(ids);
    expect(await harness.deadLetters()).toEqual([]);
  });

  test("stays delayed when stillWaiting fails, and can be promoted", async () => {
    startConsumer(far, () => Promise.reject(new Error("our store is away")));
    await harness.enqueue("one");
    await waits("one");
    // The worker has ended that attempt once it runs another job.
    await harness.enqueue("plain");
    await isDone("plain");
    expect(await harness.reader.find("one")).toMatchObject({ place: "waiting", attemptsMade: 0 });
    await harness.producer.promote("one");
    await isDone("one");
    expect(await harness.deadLetters()).toEqual([]);
  });

  test("can be delayed from the start; a time in the past runs at once", async () => {
    const at = new Date(Date.now() + 1_200);
    await harness.producer.enqueue([eventOf("later", at), eventOf("plain", new Date(0)), eventOf("promoted", far())]);
    const { place, runsAt } = await harness.reader.find("later");
    expect(place).toBe("waiting");
    expect(Math.abs((runsAt?.getTime() ?? 0) - at.getTime())).toBeLessThan(300);
    attempts.set("later", 1).set("promoted", 1);
    startConsumer(far);
    await isDone("plain");
    await harness.producer.promote("promoted");
    await isDone("promoted");
    await isDone("later");
    expect(Date.now()).toBeGreaterThanOrEqual((runsAt?.getTime() ?? 0) - 5);
    expect(done).toEqual(["plain", "promoted", "later"]);
  });

  test("is reported with the time until which it is snoozed, however long it was in the queue before", async () => {
    const until = far();
    const addedAt = Date.now() - 3_600_000;
    const queue = harness.backend.queue(harness.definition.name);
    await queue.add("fake", eventOf("one"), { jobId: "one", attempts: 8, timestamp: addedAt });
    startConsumer(() => until);
    await waits("one");
    expect((await harness.reader.find("one")).runsAt).toEqual(until);
    await queue.close();
  });

  test("a snooze returns the probe of a paused account and does not resume the account", async () => {
    const pauses = createPauses(harness.database, uuidv7);
    const paused = { scope: "account", kind: "paused", reason: "token expired", waitMs: 0 } as const;
    await pauses.set(paused);
    let calls = 0;
    harness.startConsumer(
      async ({ id }) => {
        attempts.set(id, (attempts.get(id) ?? 0) + 1);
        if (id === "one") return { result: "snoozed", until: far(), detail: "a test" };
        calls += 1;
        done.push(id);
        return { result: "written" };
      },
      ["account"],
    );
    await harness.enqueue("one");
    await waits("one");
    expect((await pauses.list()).map(({ scope, kind }) => [scope, kind])).toEqual([["account", "paused"]]);
    await harness.enqueue("two");
    await isDone("two");
    await until("the account is resumed", async () => (await pauses.list()).length === 0);
    expect(calls).toBe(1);
  });

  test("is found across all queues of its integration", async () => {
    const media = queueDefinition("fake", "media");
    const reader = createQueueReader(harness.backend, [harness.definition, media]);
    const queue = harness.backend.queue(media.name);
    startConsumer(far);
    await harness.enqueue("one", "plain");
    await waits("one");
    await isDone("plain");
    await queue.add("media", eventOf("file"), { jobId: "file" });
    await until("one is completed", async () => (await reader.find("plain")).place === "completed");
    expect(await reader.states()).toEqual(
      new Map([
        ["one", "waiting"],
        ["file", "waiting"],
      ]),
    );
    expect(await reader.find("file")).toMatchObject({ place: "waiting", correlationId: "corr-file" });
    expect((await reader.find("one")).runsAt?.getTime()).toBeGreaterThan(Date.now());
    expect(await reader.find("unknown")).toEqual({ place: "absent", attemptsMade: 0 });
    await queue.close();
    await reader.close();
  });
});
