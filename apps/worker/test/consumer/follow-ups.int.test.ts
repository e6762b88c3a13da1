import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FollowUp } from "@millrace/core";
import { createEventStatuses } from "@millrace/db";
import { queueStores, until, useTestDatabase } from "@millrace/testing";
import { openLosableStores } from "../harness/losable-stores.ts";
import { openFollowUpHarness } from "./follow-up-harness.ts";

describe.each(queueStores())("the follow-up job of an event on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let queueUrl: string;
  let harness: Awaited<ReturnType<typeof openFollowUpHarness>>;
  let events: (typeof harness)["events"];
  /** Closes the worker that a test lost. */
  let closeLost: () => Promise<void>;
  let before: (followUps: readonly FollowUp[]) => void;

  beforeEach(async () => {
    queueUrl = await store.url(testDatabase.url);
    before = () => undefined;
    closeLost = () => Promise.resolve();
    harness = await openFollowUpHarness(testDatabase.url, queueUrl, (followUps) => before(followUps));
    events = harness.events;
  });
  afterEach(async () => {
    await closeLost();
    await harness.close();
  });

  const isDone = async (id: string) => (await createEventStatuses(events.database).find("fake", id))?.status === "done";
  const isEnqueued = async (id: string) => (await harness.reader.find(`act.${id}`)).place !== "absent";
  const outcomes = (id: string) =>
    events.log
      .lines()
      .filter((line) => line["msg"] === "job.attempted" && line["jobId"] === id)
      .map((line) => line["outcome"]);

  test("is a job of its own, with the event's correlation id, before the event's job completes", async () => {
    harness.startConsumer();
    await events.enqueue("one");
    await until("it is completed", async () => (await events.reader.find("one")).place === "completed");
    expect(await harness.reader.find("act.one")).toMatchObject({ place: "waiting", correlationId: "corr-one" });
    const job = await harness.queue.getJob("act.one");
    expect(job?.data).toMatchObject({
      v: 1,
      integration: "whatsapp",
      id: "act.one",
      kind: "act",
      payload: { action: "typing" },
    });
  });

  test("is enqueued again when the event is enqueued again, and once while it exists", async () => {
    harness.startConsumer();
    await events.enqueue("one");
    await until("the follow-up job is enqueued", () => isEnqueued("one"));
    const eventQueue = events.backend.queue(events.definition.name);
    const enqueueAgain = async (times: number) => {
      await until("the job of the event is removed", async () => {
        await (await eventQueue.getJob("one"))?.remove().catch(() => undefined);
        return (await events.reader.find("one")).place === "absent";
      });
      await events.enqueue("one");
      await until(
        "the event is processed",
        () => outcomes("one").filter((each) => each === "duplicate").length === times,
      );
    };
    await enqueueAgain(1);
    expect(await harness.queue.getJobCountByTypes("waiting", "delayed")).toBe(1);
    await (await harness.queue.getJob("act.one"))?.remove();
    await enqueueAgain(2);
    await until("the follow-up job is enqueued again", () => isEnqueued("one"));
    expect(outcomes("one")).toEqual(["written", "duplicate", "duplicate"]);
    await eventQueue.close();
  });

  test("is not lost when it cannot be enqueued after the commit", async () => {
    let failures = 2;
    before = () => {
      if (failures === 0) return;
      failures -= 1;
      throw new Error("the queue is away");
    };
    harness.startConsumer();
    await events.enqueue("one");
    await until("the follow-up job is enqueued", () => isEnqueued("one"));
    expect(outcomes("one").slice(0, 2)).toEqual(["failed", "failed"]);
  });

  test("2: is not lost when its worker is lost between the commit and the enqueueing", async () => {
    await events.enqueue("one");
    const stores = await openLosableStores({ databaseUrl: testDatabase.url, queueUrl });
    const lost = Promise.withResolvers<void>();
    const lostWorker = await openFollowUpHarness(stores.databaseUrl, stores.queueUrl, () => {
      stores.lose();
      lost.resolve();
    });
    closeLost = async () => {
      stores.restore();
      await lostWorker.close();
      await stores.close();
    };
    lostWorker.startConsumer();
    await lost.promise;
    expect(await isDone("one")).toBe(true);
    expect(await isEnqueued("one")).toBe(false);
    harness.startConsumer();
    await until("the follow-up job is enqueued", () => isEnqueued("one"));
    await until("the event is processed", () => outcomes("one").length > 0);
    expect(outcomes("one")).toEqual(["duplicate"]);
  });

  test("is delayed until its time, keeps that time when it is enqueued again, and can be promoted", async () => {
    const notBefore = new Date(Date.now() + 3_600_000).toISOString();
    const turn = { integration: "n8n", role: "outbound", id: "turn.1", kind: "turn", payload: {}, notBefore } as const;
    const followUp = { ...turn, integration: "whatsapp" };
    const origin = { correlationId: "corr-1" };
    await harness.followUps.enqueue(origin, [followUp]);
    const { runsAt } = await harness.reader.find("turn.1");
    expect(runsAt?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    await harness.followUps.enqueue(origin, [{ ...followUp, notBefore: undefined }, followUp]);
    expect((await harness.reader.find("turn.1")).runsAt).toEqual(runsAt);
    await harness.followUps.enqueue(origin, [{ ...followUp, promote: true }]);
    expect(await harness.reader.find("turn.1")).toEqual({ place: "waiting", attemptsMade: 0, correlationId: "corr-1" });
  });

  test("15: a job that must be promoted is enqueued without its delay when the queue has lost it", async () => {
    const notBefore = new Date(Date.now() + 3_600_000).toISOString();
    const followUp = { integration: "whatsapp", role: "outbound", id: "send.1", kind: "send", payload: {} } as const;
    await harness.followUps.enqueue({ correlationId: "corr-1" }, [{ ...followUp, notBefore, promote: true }]);
    expect(await harness.reader.find("send.1")).toEqual({ place: "waiting", attemptsMade: 0, correlationId: "corr-1" });
  });
});
