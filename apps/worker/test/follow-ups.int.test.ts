import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FollowUp } from "@millrace/core";
import { createEventStatuses } from "@millrace/db";
import { createTestDatabase, queueStores, type TestDatabase, until } from "@millrace/testing";
import { openFollowUpLine } from "./follow-up-line.ts";

const FOLLOW_UP_WORKER = fileURLToPath(new URL("./follow-up-worker.ts", import.meta.url));

describe.each(queueStores())("what follows from an event, on $kind,", (store) => {
  let testDatabase: TestDatabase;
  let queueUrl: string;
  let pipe: Awaited<ReturnType<typeof openFollowUpLine>>;
  let before: (followUps: readonly FollowUp[]) => void;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    queueUrl = await store.url(testDatabase.url);
    before = () => undefined;
    pipe = await openFollowUpLine(testDatabase.url, queueUrl, (followUps) => before(followUps));
  });
  afterEach(async () => {
    await pipe.close();
    await testDatabase.drop();
  });

  const isDone = async (id: string) =>
    (await createEventStatuses(pipe.line.database).find("probe", id))?.status === "done";
  const followed = async (id: string) => (await pipe.reader.find(`act.${id}`)).place !== "absent";
  const outcomes = (id: string) =>
    pipe.line.log
      .lines()
      .filter((line) => line["msg"] === "job.attempted" && line["jobId"] === id)
      .map((line) => line["outcome"]);

  test("is a job of its own, under the request's correlation id, before the event's own job is completed", async () => {
    pipe.work();
    await pipe.line.send("one");
    await until("it is completed", async () => (await pipe.line.reader.find("one")).place === "completed");
    expect(await pipe.reader.find("act.one")).toMatchObject({ place: "waiting", correlationId: "corr-one" });
    const job = await pipe.queue.getJob("act.one");
    expect(job?.data).toMatchObject({
      v: 1,
      integration: "whatsapp",
      id: "act.one",
      kind: "act",
      payload: { action: "typing" },
    });
  });

  test("is enqueued again when the event comes again, and once while it is there", async () => {
    pipe.work();
    await pipe.line.send("one");
    await until("it is followed", () => followed("one"));
    const events = pipe.line.backend.queue(pipe.line.definition.name);
    const comesAgain = async (times: number) => {
      await until("the queue has forgotten the event", async () => {
        await (await events.getJob("one"))?.remove().catch(() => undefined);
        return (await pipe.line.reader.find("one")).place === "absent";
      });
      await pipe.line.send("one");
      await until("it was looked at", () => outcomes("one").filter((each) => each === "duplicate").length === times);
    };
    await comesAgain(1);
    expect(await pipe.queue.getJobCountByTypes("waiting", "delayed")).toBe(1);
    await (await pipe.queue.getJob("act.one"))?.remove();
    await comesAgain(2);
    await until("it is followed again", () => followed("one"));
    expect(outcomes("one")).toEqual(["written", "duplicate", "duplicate"]);
    await events.close();
  });

  test("is not lost when it cannot be enqueued after the commit", async () => {
    let failures = 2;
    before = () => {
      if (failures === 0) return;
      failures -= 1;
      throw new Error("the queue is away");
    };
    pipe.work();
    await pipe.line.send("one");
    await until("it is followed", () => followed("one"));
    expect(outcomes("one").slice(0, 2)).toEqual(["failed", "failed"]);
  });

  test("2: is not lost with a worker that dies between the commit and it", async () => {
    await pipe.line.send("one");
    const child = fork(FOLLOW_UP_WORKER, [testDatabase.url, queueUrl]);
    expect(await new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)))).toBe("SIGKILL");
    expect(await isDone("one")).toBe(true);
    expect(await followed("one")).toBe(false);
    pipe.work();
    await until("it is followed", () => followed("one"));
    await until("the event is looked at", () => outcomes("one").length > 0);
    expect(outcomes("one")).toEqual(["duplicate"]);
  });

  test("waits for its time, keeps it when it is told again, and is woken", async () => {
    const notBefore = new Date(Date.now() + 3_600_000).toISOString();
    const turn = { integration: "n8n", role: "outbound", id: "turn.1", kind: "turn", payload: {}, notBefore } as const;
    const mine = { ...turn, integration: "whatsapp" };
    const origin = { correlationId: "corr-1" };
    await pipe.followUps.enqueue(origin, [{ ...mine, promote: true }]);
    expect((await pipe.reader.find("turn.1")).place).toBe("absent");
    await pipe.followUps.enqueue(origin, [mine]);
    const { runsAt } = await pipe.reader.find("turn.1");
    expect(runsAt?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    await pipe.followUps.enqueue(origin, [{ ...mine, notBefore: undefined }, mine]);
    expect((await pipe.reader.find("turn.1")).runsAt).toEqual(runsAt);
    await pipe.followUps.enqueue(origin, [{ ...mine, promote: true }]);
    expect(await pipe.reader.find("turn.1")).toEqual({ place: "waiting", attemptsMade: 0, correlationId: "corr-1" });
  });
});
