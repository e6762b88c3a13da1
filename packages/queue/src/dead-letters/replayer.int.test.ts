import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, queueStores, type TestDatabase, until } from "@millrace/testing";
import { type JobQueue, openQueueBackend, type QueueBackend } from "../backends/backend.ts";
import { queueDefinition } from "../catalogue.ts";
import { createReplayer, type ReplayableDeadLetter, type Replayer } from "./replayer.ts";

const DEFINITION = queueDefinition("probe", "inbound");
const LETTER: ReplayableDeadLetter = {
  id: "01a21391-25c9-71a7-87d2-949ddf2a17c6",
  queue: DEFINITION.name,
  jobId: "one",
  integration: "probe",
  eventId: "one",
  kind: "message",
  payload: { text: "Hello" },
  correlationId: "c-1",
  receivedAt: new Date("2026-03-01T11:00:00Z"),
  failedAt: new Date("2026-03-01T12:00:00Z"),
};

describe.each(queueStores())("putting dead letters back on $kind:", (store) => {
  let testDatabase: TestDatabase;
  let backend: QueueBackend;
  let queue: JobQueue;
  let replayer: Replayer;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
  });
  afterAll(() => testDatabase.drop());
  beforeEach(async () => {
    backend = openQueueBackend(await store.url(testDatabase.url), "consumer", 4);
    await backend.migrate();
    queue = backend.queue(DEFINITION.name);
    replayer = createReplayer(backend, [DEFINITION]);
  });
  afterEach(async () => {
    await queue.obliterate({ force: true });
    await replayer.close();
    await queue.close();
    await backend.close();
  });

  /** Has the job fail once and for all; when it did. */
  async function fail(): Promise<Date> {
    const process = () => Promise.reject(Object.assign(new Error("in vain"), { name: "UnrecoverableError" }));
    const worker = backend.worker(DEFINITION.name, process, {
      autorun: true,
      concurrency: 1,
      lockDuration: 30_000,
      stalledInterval: 30_000,
      maxStalledCount: 1,
      removeOnComplete: { age: 3_600, count: 100 },
      settings: { backoffStrategy: () => 0 },
    });
    await until("it has failed", async () => (await queue.getJobState("one")) === "failed");
    await worker.close();
    return new Date((await queue.getJob("one"))?.finishedOn ?? 0);
  }

  test("9: the job is made of the letter alone, linked to it, with all its attempts, behind live ones", async () => {
    expect(await replayer.requeue([LETTER])).toEqual({ completed: [], unknownQueue: [] });
    const job = await queue.getJob("one");
    expect(job?.data).toEqual({
      v: 1,
      integration: "probe",
      id: "one",
      kind: "message",
      correlationId: "c-1",
      receivedAt: "2026-03-01T11:00:00.000Z",
      replayOf: LETTER.id,
      payload: { text: "Hello" },
    });
    expect(job).toMatchObject({ name: "message", attemptsMade: 0, opts: { attempts: 8, priority: 10 } });
  });

  test("the old job gives way, one that is on its way stays as it is", async () => {
    await replayer.requeue([LETTER]);
    const failedAt = await fail();
    await replayer.requeue([{ ...LETTER, failedAt, payload: { text: "changed" } }]);
    await replayer.requeue([{ ...LETTER, failedAt, payload: { text: "put once more" } }]);
    expect((await queue.getJob("one"))?.data).toMatchObject({ payload: { text: "changed" } });
    expect(await queue.getJobCounts("failed", "prioritized")).toEqual({ failed: 0, prioritized: 1 });
  });

  test("8: one that has died again, which nobody has written down yet, is left to be written down", async () => {
    await replayer.requeue([LETTER]);
    await fail();
    await replayer.requeue([LETTER]);
    expect(await queue.getJobState("one")).toBe("failed");
  });

  test("data that no worker could read is put back whole, for one that can by now", async () => {
    const whole = {
      v: 1,
      integration: "probe",
      id: "one",
      kind: "lead",
      correlationId: "c-2",
      receivedAt: "2026-03-01T11:00:00.000Z",
    };
    await replayer.requeue([{ ...LETTER, payload: { ...whole, payload: 7 } }]);
    expect((await queue.getJob("one"))?.data).toEqual({ ...whole, payload: 7, replayOf: LETTER.id });
  });

  test("a letter of a queue that is none of ours any more holds no other up", async () => {
    const other = { ...LETTER, id: "01a21391-25c9-71a7-87d2-949ddf2a17c7", queue: "gone-inbound" };
    expect(await replayer.requeue([other, LETTER])).toEqual({ completed: [], unknownQueue: [other.id] });
    expect(await queue.getJobState("one")).toBe("prioritized");
  });
});
