import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createQueueReader, queueDefinition } from "@millrace/queue";
import { createPauses } from "@millrace/db";
import { createTestDatabase, queueStores, type TestDatabase, until } from "@millrace/testing";
import { eventOf, openLine } from "./line.ts";

const far = () => new Date(Date.now() + 3_600_000);

describe.each(queueStores())("a job whose time has not come, on $kind,", (store) => {
  let testDatabase: TestDatabase;
  let line: Awaited<ReturnType<typeof openLine>>;
  /** Attempts at each job, and what is done. */
  let attempts: Map<string, number>;
  let done: string[];

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    line = await openLine(testDatabase.url, await store.url(testDatabase.url), "inbound");
    attempts = new Map();
    done = [];
  });
  afterEach(async () => {
    await line.close();
    await testDatabase.drop();
  });

  /** Works on jobs: each waits its first time, and is done the second. */
  const work = (
    until: () => Date,
    stillSo?: (id: string) => Promise<boolean>,
    before?: (id: string) => Promise<void>,
  ) =>
    line.work(async ({ id }) => {
      const attempt = (attempts.get(id) ?? 0) + 1;
      attempts.set(id, attempt);
      if (attempt > 1 || id === "plain") {
        done.push(id);
        return { result: "written" };
      }
      await before?.(id);
      return { result: "snoozed", until: until(), detail: "a test", stillWaiting: stillSo && (() => stillSo(id)) };
    });
  const waits = (id: string) =>
    until(`${id} waits`, async () => attempts.has(id) && (await line.reader.find(id)).runsAt !== undefined);
  const isDone = (id: string) => until(`${id} is done`, () => done.includes(id));

  test("waits until then without using up an attempt", async () => {
    const at = new Date(Date.now() + 700);
    work(() => at);
    await line.send("one");
    await isDone("one");
    expect(Date.now()).toBeGreaterThanOrEqual(at.getTime());
    await until("it is completed", async () => (await line.reader.find("one")).place === "completed");
    expect((await line.reader.find("one")).attemptsMade).toBeLessThanOrEqual(1);
  });

  test("is done at once when it is woken; whatever does not wait is left alone", async () => {
    work(far);
    await line.send("one", "two");
    await waits("one");
    await waits("two");
    await line.producer.wake("one");
    await isDone("one");
    await until("it is completed", async () => (await line.reader.find("one")).place === "completed");
    for (const id of ["one", "nobody"]) await line.producer.wake(id);
    await line.send("plain");
    await isDone("plain");
    expect(done).toEqual(["one", "plain"]);
    expect(attempts.get("one")).toBe(2);
    expect((await line.reader.find("two")).place).toBe("waiting");
    // However many wake it at once, and whoever of them comes too late.
    await Promise.all(Array.from({ length: 10 }, () => line.producer.wake("two")));
    await isDone("two");
    expect(attempts.get("two")).toBe(2);
  });

  test("is done at once when what it waits for happened before it waited, with nobody left to wake it", async () => {
    let happened = false;
    work(
      far,
      () => Promise.resolve(!happened),
      async (id) => {
        // It is woken while it is worked on, which does nothing.
        await line.producer.wake(id);
        happened = true;
      },
    );
    await line.send("one");
    await isDone("one");
    expect(attempts.get("one")).toBe(2);
  });

  test("is not done before its time where it still has to wait", async () => {
    const asked: string[] = [];
    work(far, (id) => Promise.resolve(asked.push(id) > 0));
    await line.send("one");
    await waits("one");
    await until("it was asked", () => asked.length === 1);
    await line.send("plain");
    await isDone("plain");
    expect(attempts.get("one")).toBe(1);
    expect((await line.reader.find("one")).place).toBe("waiting");
  });

  test("is done once when it is woken in the very moment in which it is asked again", async () => {
    work(far, async (id) => {
      await line.producer.wake(id);
      return false;
    });
    const ids = Array.from({ length: 10 }, (_, index) => `job${index}`);
    await line.send(...ids);
    for (const id of ids) await isDone(id);
    await until("all are completed", async () => (await line.reader.states()).size === 0);
    expect(done.toSorted((one, two) => one.localeCompare(two))).toEqual(ids);
    expect(await line.deadLetters()).toEqual([]);
  });

  test("goes on waiting when it cannot be asked again, and is woken or comes by itself", async () => {
    work(far, () => Promise.reject(new Error("our store is away")));
    await line.send("one");
    await waits("one");
    // The worker has come to the end of that attempt when it does another job.
    await line.send("plain");
    await isDone("plain");
    expect(await line.reader.find("one")).toMatchObject({ place: "waiting", attemptsMade: 0 });
    await line.producer.wake("one");
    await isDone("one");
    expect(await line.deadLetters()).toEqual([]);
  });

  test("may be told so from the beginning, and is there at once when that time is past", async () => {
    const at = new Date(Date.now() + 1_200);
    await line.producer.enqueue([eventOf("later", at), eventOf("plain", new Date(0)), eventOf("woken", far())]);
    const { place, runsAt } = await line.reader.find("later");
    expect(place).toBe("waiting");
    expect(Math.abs((runsAt?.getTime() ?? 0) - at.getTime())).toBeLessThan(300);
    attempts.set("later", 1).set("woken", 1);
    work(far);
    await isDone("plain");
    await line.producer.wake("woken");
    await isDone("woken");
    await isDone("later");
    expect(Date.now()).toBeGreaterThanOrEqual((runsAt?.getTime() ?? 0) - 5);
    expect(done).toEqual(["plain", "woken", "later"]);
  });

  test("gives the turn to try a paused account to the next, and is no sign that it works", async () => {
    const holds = createPauses(line.database);
    const paused = { scope: "account", kind: "paused", reason: "token expired", until: new Date(0) } as const;
    await holds.set(paused);
    let tried = 0;
    line.work(
      async ({ id }) => {
        attempts.set(id, (attempts.get(id) ?? 0) + 1);
        if (id === "one") return { result: "snoozed", until: far(), detail: "a test" };
        tried += 1;
        done.push(id);
        return { result: "written" };
      },
      ["account"],
    );
    await line.send("one");
    await waits("one");
    expect((await holds.list()).map(({ scope, kind }) => [scope, kind])).toEqual([["account", "paused"]]);
    await line.send("two");
    await isDone("two");
    await until("the account is free", async () => (await holds.list()).length === 0);
    expect(tried).toBe(1);
  });

  test("is found among all the queues of its integration", async () => {
    const media = queueDefinition("probe", "media");
    const reader = createQueueReader(line.backend, [line.definition, media]);
    const queue = line.backend.queue(media.name);
    work(far);
    await line.send("one", "plain");
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
    expect(await reader.find("nobody")).toEqual({ place: "absent", attemptsMade: 0 });
    await queue.close();
    await reader.close();
  });
});
