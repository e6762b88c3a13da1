import { afterAll, afterEach, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { createLeases, openDatabase } from "@millrace/db";
import { createQueueReader, openQueueBackend, queueDefinition } from "@millrace/queue";
import { defaultQueueStore, recordingLogger, until, useTestDatabase } from "@millrace/testing";
import { createFollowUpQueue } from "../../src/follow-ups.ts";
import type { Loop } from "../../src/loops/loop.ts";
import { type ReconcilerDeps, startReconciler } from "../../src/loops/reconciler.ts";

const { url } = useTestDatabase();
const database = openDatabase(url, { maxConnections: 8, name: "test" });
const loops: Loop[] = [];
afterEach(() => Promise.all(loops.splice(0).map((loop) => loop.stop())));
afterAll(() => database.close());

/** How often the reconciler runs, in ms: long, so that a busy machine renews the lease in time. */
const INTERVAL_MS = 2_400;

/** A clock on which a run is due at each reading. */
function jumpingClock(): () => Date {
  let ms = 0;
  return () => new Date((ms += INTERVAL_MS));
}

const empty = { rows: [], next: undefined };

/** A reconciler without any work. Every run calls `onRun` with the age of the messages that it looks for, in ms. */
function start(onRun: (messageAgeMs: number) => Promise<void>, changes: Partial<ReconcilerDeps> = {}): Loop {
  const loop = startReconciler({
    database,
    leases: createLeases(database),
    messages: {
      async firstOfConversations({ ageMs }) {
        await onRun(ageMs);
        return empty;
      },
    },
    backlog: { inPeriod: () => Promise.resolve(empty), stillPending: () => Promise.resolve([]) },
    deadLetters: { complete: () => Promise.resolve(), open: () => Promise.resolve(empty) },
    followUps: { enqueue: () => Promise.resolve(), close: () => Promise.resolve() },
    followUpDeadLetter: () => Promise.resolve(true),
    assistant: undefined,
    ports: { log: recordingLogger().log, now: jumpingClock(), newId: uuidv7 },
    timings: { reconcilerMs: INTERVAL_MS, reconcilerAgeMs: 300 },
    ...changes,
  });
  loops.push(loop);
  return loop;
}

test("15: of several workers, one at a time runs the reconciler, and another goes on when it stops", async () => {
  let running = 0;
  let most = 0;
  const runs: number[] = [];
  const workers = [0, 1, 2, 3].map((worker) =>
    start(async () => {
      running += 1;
      most = Math.max(most, running);
      runs.push(worker);
      await new Promise(setImmediate);
      running -= 1;
    }),
  );
  await until("there were some runs", () => runs.length >= 3);
  const [first = 0] = runs;
  expect(new Set(runs)).toEqual(new Set([first]));
  await workers[first]?.stop();
  const before = runs.length;
  await until("another worker runs it", () => runs.length > before);
  expect(runs.at(-1)).not.toBe(first);
  expect(most).toBe(1);
});

test("15: a worker takes over when the worker with the lease is gone", async () => {
  await createLeases(database).acquire("reconciler", "a worker that crashed", 300);
  let runs = 0;
  start(() => {
    runs += 1;
    return Promise.resolve();
  });
  await until("it runs", () => runs > 0);
  expect(await createLeases(database).acquire("reconciler", "a worker that crashed", 300)).toBe(false);
});

test("15: the first run of a worker includes young messages, and later runs leave them to their jobs", async () => {
  const ages: number[] = [];
  start((messageAgeMs) => Promise.resolve(void ages.push(messageAgeMs)));
  await until("there were two runs", () => ages.length >= 2);
  expect(ages.slice(0, 2)).toEqual([0, 300]);
});

test("15: a job of a role that the worker does not know is logged, and the other jobs of the backlog are enqueued", async () => {
  const backend = openQueueBackend(await defaultQueueStore().url(url), "consumer", 4);
  const reader = createQueueReader(backend, [queueDefinition("fake", "inbound")]);
  const followUps = createFollowUpQueue(backend, () => new Date());
  const jobOf = (id: string, role: string) => ({
    integration: "fake",
    role: role as "inbound",
    id,
    kind: "fake",
    payload: {},
  });
  const events = [
    { id: uuidv7(), correlationId: "c-1", followUps: [jobOf("one", "of-another-version"), jobOf("two", "inbound")] },
    { id: uuidv7(), correlationId: "c-2", followUps: [jobOf("three", "inbound")] },
  ];
  const log = recordingLogger();
  const loop = start(() => Promise.resolve(), {
    backlog: {
      inPeriod: () => Promise.resolve({ rows: events, next: undefined }),
      stillPending: () => Promise.resolve([]),
    },
    followUps,
    ports: { log: log.log, now: () => new Date(), newId: uuidv7 },
  });
  for (const id of ["two", "three"])
    await until(`${id} is enqueued`, async () => (await reader.find(id)).place === "waiting");
  await until("the run is complete", () => log.lines().some(({ msg }) => msg === "reconciler.completed"));
  expect(log.lines().find(({ msg }) => msg === "reconciler.job_refused")).toMatchObject({ jobId: "one" });
  await loop.stop();
  await followUps.close();
  await reader.close();
  await backend.close();
});
