import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { queueDefinition } from "@millrace/queue";
import { openRows, queueStores, until, useTestDatabase } from "@millrace/testing";
import { openWorkerHarness, type WorkerHarness } from "../harness/worker-harness.ts";

const EVENTS = 50;

describe.each(queueStores())("errors of Postgres that are no job's fault, with the queue on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: WorkerHarness;
  let rows: ReturnType<typeof openRows>;

  beforeEach(async () => {
    harness = await openWorkerHarness(testDatabase.url, await store.url(testDatabase.url));
    rows = openRows(testDatabase.url);
  });
  afterEach(async () => {
    await harness.close();
    await rows.close();
  });

  test("14: a renamed column costs no event an attempt, and all of them are done once it is back", async () => {
    await rows.rows("alter table public.messages rename column body to renamed");
    harness.startWorker({ outageMs: 50 });
    const ids = Array.from({ length: EVENTS }, (_, index) => `event${index}`);
    await Promise.all(ids.map((id) => harness.enqueue(id, { do: "write" })));
    const triesOf = (id: string) => harness.integration.attempts.get(id) ?? 0;
    // BullMQ on Postgres returns a delayed job to its old place, so the first events run again before the last ones.
    const hasRunOften = () => Math.max(...ids.map(triesOf)) > queueDefinition("fake", "inbound").retry.attempts;
    await until("an event ran more often than it has attempts", hasRunOften, 30_000);
    for (const id of ids) expect((await harness.reader.find(id)).attemptsMade).toBe(0);
    expect(await harness.eventStatuses.counts("fake")).toMatchObject({ done: 0, dead: 0 });
    await rows.rows("alter table public.messages rename column renamed to body");
    await until("every event is done", async () => (await harness.eventStatuses.counts("fake")).done === EVENTS);
    expect(await harness.deadLetters()).toEqual([]);
    expect(Object.values(await harness.effects())).toEqual(ids.map(() => 1));
  });
});
