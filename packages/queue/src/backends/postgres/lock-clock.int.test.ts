import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { openRows, until, useTestDatabase } from "@millrace/testing";
import type { Processor, WorkerSettings } from "../backend.ts";
import { openPostgresBackend } from "./backend.ts";

const QUEUE = "whatsapp-inbound";
const LOCK_MS = 3_000;
const FIVE_MINUTES = 300_000;

const SETTINGS: WorkerSettings = {
  autorun: true,
  concurrency: 1,
  lockDuration: LOCK_MS,
  stalledInterval: 100,
  maxStalledCount: 10,
  removeOnComplete: { age: 60, count: 100 },
  settings: { backoffStrategy: () => 0 },
};

const testDatabase = useTestDatabase({ perTest: true });

afterEach(() => vi.restoreAllMocks());

/** Shifts the clock of the workers in this process. The database has its own. */
function shiftClock(ms: number): void {
  vi.restoreAllMocks();
  const now = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => now() + ms);
}

/** Starts a worker. Jobs run until the test ends, except those with the names `done` and `failed`. */
function openWorker() {
  const backend = openPostgresBackend(testDatabase.url, "consumer", 2, 15_000);
  const ended = Promise.withResolvers<void>();
  const process: Processor = async ({ name }) => {
    if (name === "failed") throw new Error("failed");
    if (name !== "done") await ended.promise;
  };
  const worker = backend.worker(QUEUE, process, SETTINGS);
  onTestFinished(async () => {
    ended.resolve();
    await worker.close();
    await backend.close();
  });
}

test.each([
  { ahead: -FIVE_MINUTES, before: [] },
  { ahead: FIVE_MINUTES, before: [] },
  { ahead: -FIVE_MINUTES, before: ["done"] },
  { ahead: -FIVE_MINUTES, before: ["failed"] },
])(
  "14: the job of a worker with a clock that is $ahead ms ahead is locked for the lifetime of a lock, after $before",
  async ({ ahead, before }) => {
    const rows = openRows(testDatabase.url);
    const backend = openPostgresBackend(testDatabase.url, "producer", 1, 15_000);
    const queue = backend.queue(QUEUE);
    onTestFinished(async () => {
      await queue.close();
      await backend.close();
      await rows.close();
    });
    const jobs = () =>
      rows.rows<{ state: string; lockedMs: number; lockedUntil: string; stalls: number }>(
        `select state, locked_until_ms as "lockedUntil", stalled_count as stalls,
           (locked_until_ms - extract(epoch from clock_timestamp()) * 1000)::float8 as "lockedMs" from bullmq.job where name = 'text'`,
      );
    const checks = async () =>
      (await rows.rows<{ value: string }>("select value from bullmq.meta where field = 'stalled-check'"))[0]?.value;

    shiftClock(ahead);
    await queue.addBulk([...before, "text"].map((name) => ({ name, data: {} })));
    openWorker();
    const [claimed] = await until("the job runs", async () => {
      const found = await jobs();
      return found[0]?.state === "active" && found;
    });
    expect(claimed?.lockedMs).toBeGreaterThan(0);
    expect(claimed?.lockedMs).toBeLessThanOrEqual(LOCK_MS);
    const renewed = await until("its lock is renewed", async () => {
      const [job] = await jobs();
      return job?.lockedUntil !== claimed?.lockedUntil && job;
    });
    expect(renewed.lockedMs).toBeGreaterThan(0);
    expect(renewed.lockedMs).toBeLessThanOrEqual(LOCK_MS);

    // Two checks of a worker with the right clock would return a job without a lock to the queue.
    shiftClock(0);
    openWorker();
    const seen = new Set<string | undefined>();
    await until("the other worker looked for stalled jobs", async () => seen.add(await checks()).size > 4);
    expect(await jobs()).toMatchObject([{ state: "active", stalls: 0 }]);
  },
);
