import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { permanent, ProviderError, retryable } from "@millrace/core";
import { createPauses } from "@millrace/db";
import { QueueUnavailableError } from "@millrace/queue";
import { createTestDatabase, queueStores, type TestDatabase, until } from "@millrace/testing";
import { eventOf, openLine, Outage } from "./line.ts";

const LINE_WORKER = fileURLToPath(new URL("./line-worker.ts", import.meta.url));

describe.each(queueStores())("5: a queue whose order counts, on $kind:", (store) => {
  let testDatabase: TestDatabase;
  let queueUrl: string;
  let line: Awaited<ReturnType<typeof openLine>>;
  /** What was done, in its order, and how much of it at once. */
  let done: string[];
  let running: number;
  let most: number;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    queueUrl = await store.url(testDatabase.url);
    line = await openLine(testDatabase.url, queueUrl, "requests", { probeMs: 200 });
    [done, running, most] = [[], 0, 0];
  });
  afterEach(async () => {
    await line.close();
    await testDatabase.drop();
  });

  /** Works on jobs; `act` may throw before one is done. */
  const work = (act: (id: string) => unknown = () => undefined) =>
    line.work(async ({ id }) => {
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

  test("several consumers work on one job at a time, in the order of acceptance", async () => {
    for (let consumer = 0; consumer < 3; consumer += 1) work();
    const ids = named(60);
    // Some come while others are worked on, and some together.
    await line.send(...ids.slice(0, 20));
    await line.producer.enqueue(ids.slice(20, 40).map((id) => eventOf(id)));
    await line.send(...ids.slice(40));
    await doneAll(60);
    expect(done).toEqual(ids);
    expect(most).toBe(1);
  });

  test("one that fails is tried again where it stands, and one that is given up lets the next go", async () => {
    const tries = new Map<string, number>();
    for (let consumer = 0; consumer < 2; consumer += 1)
      work((id) => {
        tries.set(id, (tries.get(id) ?? 0) + 1);
        if (id === "job1" && (tries.get(id) ?? 0) < 4) throw retryable("not yet");
        if (id === "job2") throw permanent("never");
        if (id === "job3") throw new Error("always");
      });
    await line.send(...named(6));
    await doneAll(4);
    expect(done).toEqual(["job0", "job1", "job4", "job5"]);
    expect(Object.fromEntries(tries)).toMatchObject({ job1: 4, job2: 1, job3: line.definition.retry.attempts });
    expect(most).toBe(1);
    await until("both have their dead letters", async () => (await line.deadLetters()).length === 2);
    expect(await line.deadLetters()).toEqual([
      { job_id: "job2", error_kind: "permanent" },
      { job_id: "job3", error_kind: "retryable" },
    ]);
  });

  test.each([
    ["Postgres", () => new Outage()],
    ["the queue", () => new QueueUnavailableError("the queue did not answer in time")],
  ])("an outage of %s is waited for at the head, longer than there are tries", async (_, outage) => {
    let outages = 0;
    for (let consumer = 0; consumer < 2; consumer += 1)
      work((id) => {
        if (id !== "job1" || outages >= line.definition.retry.attempts + 3) return;
        outages += 1;
        throw outage();
      });
    await line.send(...named(5));
    await doneAll(5);
    expect(done).toEqual(named(5));
    expect(await line.deadLetters()).toEqual([]);
  });

  test("a store that a person must see to is waited for at the head, and is free again once it works", async () => {
    let tries = 0;
    work((id) => {
      if (id !== "job1" || tries >= 3) return;
      tries += 1;
      throw new ProviderError("the media folder is full", { kind: "paused", scope: "media" });
    });
    await line.send(...named(4));
    await doneAll(4);
    expect(done).toEqual(named(4));
    expect(tries).toBe(3);
    expect(await createPauses(line.database).list()).toEqual([]);
  });

  test("a consumer that stops in the middle of a job gives it back to the head", async () => {
    const stopped = work((id) => (id === "job0" ? new Promise(() => undefined) : undefined));
    await line.send(...named(4));
    await until("the first is worked on", () => running === 1);
    await stopped.stop(50);
    expect(done).toEqual([]);
    work();
    await doneAll(4);
    expect(done).toEqual(named(4));
  });

  test("a consumer that stops while it waits to try again gives it back to the head", async () => {
    let outages = 0;
    const stopped = work(() => {
      outages += 1;
      throw new Outage();
    });
    await line.send(...named(4));
    await until("it waits", () => outages > 1);
    await stopped.stop(50);
    work();
    await doneAll(4);
    expect(done).toEqual(named(4));
    expect(await line.deadLetters()).toEqual([]);
  });

  test("a process that is killed with the head in its hands holds the line up, and changes nothing about it", async () => {
    await line.send(...named(4));
    const child: ChildProcess = fork(LINE_WORKER, [testDatabase.url, queueUrl]);
    const taken = await new Promise((resolve) => child.once("message", resolve));
    const gone = new Promise((resolve) => child.once("exit", resolve));
    work();
    child.kill("SIGKILL");
    await gone;
    expect(taken).toBe("job0");
    await line.send("job4");
    await doneAll(5);
    expect(done).toEqual(named(5));
    expect(most).toBe(1);
  });
});
