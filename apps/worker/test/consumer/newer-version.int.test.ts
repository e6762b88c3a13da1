import { EVENT_VERSION } from "@millrace/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { queueStores, until, useTestDatabase } from "@millrace/testing";
import { eventOf, openQueueHarness } from "../harness/queue-harness.ts";

const DAY_MS = 24 * 3_600_000;

describe.each(queueStores())("a job of a newer version on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: Awaited<ReturnType<typeof openQueueHarness>>;

  beforeEach(async () => {
    harness = await openQueueHarness(testDatabase.url, await store.url(testDatabase.url), "inbound");
  });
  afterEach(async () => {
    await harness.close();
  });

  test("14: it waits without using attempts until a worker knows its version, or a day has passed", async () => {
    const queue = harness.backend.queue(harness.definition.name);
    const newer = (id: string, receivedAt: Date) => ({
      ...eventOf(id),
      v: EVENT_VERSION + 1,
      receivedAt: receivedAt.toISOString(),
    });
    const old = newer("old", new Date(Date.now() - DAY_MS));
    const opts = { attempts: 8 };
    for (const data of [newer("fresh", new Date()), old]) await queue.add("fake", data, { ...opts, jobId: data.id });
    harness.startConsumer(() => Promise.resolve({ result: "written" }));

    await until("the old one is dead", async () => (await harness.deadLetters()).length > 0);
    expect(await harness.deadLetters()).toEqual([{ job_id: "old", error_kind: "permanent" }]);
    await until("the fresh one waits", async () => (await (await queue.getJob("fresh"))?.isDelayed()) ?? false);
    const job = await queue.getJob("fresh");
    expect(job).toMatchObject({ attemptsMade: 0, delay: expect.closeTo(60_000, -4) as number });

    // The job as a worker that knows its version reads it.
    await job?.updateData(eventOf("fresh"));
    await job?.promote();
    await until("it is done", async () => (await harness.reader.find("fresh")).place === "completed");
    await queue.close();
  });
});
