import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createReplayScheduler } from "@millrace/db";
import { openRows, queueStores, until, useTestDatabase } from "@millrace/testing";
import { openWorkerHarness, type WorkerHarness } from "../harness/worker-harness.ts";
import type { FakePayload } from "../harness/fake-integration.ts";

const BY = { actor: "grace" };

describe.each(queueStores())("dead letters that are replaying, on $kind:", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: WorkerHarness;
  let rows: ReturnType<typeof openRows>;

  beforeEach(async () => {
    harness = await openWorkerHarness(testDatabase.url, await store.url(testDatabase.url));
    rows = openRows(testDatabase.url);
  });
  afterEach(async () => {
    await rows.close();
    await harness.close();
  });

  /** Creates a dead letter and starts its replay up to the point where a worker would requeue its job. */
  async function startReplay(payload: FakePayload, id: string): Promise<string> {
    const worker = harness.startWorker();
    await harness.enqueue(id, payload);
    await until("it is dead", async () => (await harness.deadLetters()).length === 1);
    await worker.stop(1_000);
    const replay = await harness.replays.start({}, 10, BY);
    await createReplayScheduler(harness.database).step(new Date());
    expect(await harness.deadLetters()).toMatchObject([{ state: "replaying" }]);
    return replay?.id ?? "";
  }

  test("15: one of a cancelled replay is resolved after the queue lost its jobs", async () => {
    const id = await startReplay({ do: "give_up", times: 1 }, "cancelled");
    expect(await harness.replays.cancel(id, BY)).toBe(true);
    await store.loseData(harness.queueUrl);
    harness.startWorker();
    await until("it is resolved", async () => (await harness.deadLetters())[0]?.state === "resolved");
    expect(await harness.effects()).toEqual({ cancelled: 1 });
  });

  test("8: one in a queue that no worker consumes is dead again, its replay ends, and it can be discarded", async () => {
    const id = await startReplay({ do: "give_up" }, "unconsumed");
    await store.loseData(harness.queueUrl);
    await rows.rows("update millrace.dead_letters set queue = 'gone-inbound'");
    harness.startWorker({ replayUnconsumedMs: 300, queueUnconsumedMs: 300 });
    const replay = await until("the replay has ended", async () => {
      const found = await harness.replays.find(id);
      return found?.state === "done" && found;
    });
    expect(replay.progress).toMatchObject({ skipped: 1 });
    expect(await harness.replays.discard({}, BY)).toBe(1);
    expect(await harness.eventStatuses.counts("fake")).toEqual({ done: 0, dead: 0, discarded: 1 });
  });

  test("2: a discarded event is no longer dead, and neither a success nor a failure of a redelivery revives it", async () => {
    const worker = harness.startWorker();
    await harness.enqueue("success", { do: "give_up", times: 1 });
    await harness.enqueue("failure", { do: "give_up", times: 2 });
    await until("both are dead", async () => (await harness.deadLetters()).length === 2);
    expect(await harness.replays.discard({}, BY)).toBe(2);
    const discarded = { done: 0, dead: 0, discarded: 2 };
    expect(await harness.eventStatuses.counts("fake")).toEqual(discarded);
    await worker.stop(1_000);
    await store.loseData(harness.queueUrl);
    harness.startWorker();
    await harness.enqueue("success", { do: "give_up", times: 1 });
    await harness.enqueue("failure", { do: "give_up", times: 2 });
    const stateOf = async (id: string) => (await harness.reader.find(id)).place;
    await until("one succeeded", async () => (await stateOf("success")) === "completed");
    await until("the other failed", async () => (await stateOf("failure")) === "failed");
    await until(
      "its failure is recorded",
      async () =>
        (await rows.rows("select from millrace.dead_letters where jsonb_array_length(history) = 1")).length === 1,
    );
    expect(await harness.eventStatuses.counts("fake")).toEqual(discarded);
    expect((await harness.deadLetters()).map(({ state }) => state)).toEqual(["discarded", "discarded"]);
    expect(await harness.effects()).toEqual({});
  });
});
