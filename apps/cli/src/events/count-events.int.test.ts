import { createEventStatuses, openDatabase } from "@millrace/db";
import { createQueueReader, openQueueBackend, queueDefinition } from "@millrace/queue";
import { openRows, queueStores, useTestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countEvents } from "./count-events.ts";

/** One more than are compared with Postgres one by one. */
const WAITING = 10_001;

/** One more than are counted one by one. */
const DONE = 100_001;

describe.each(queueStores())("with the queue on $kind:", (store) => {
  const { url } = useTestDatabase();
  const database = openDatabase(url, { maxConnections: 2, name: "test" });
  const statuses = createEventStatuses(database);
  const rows = openRows(url);
  const definition = queueDefinition("test", "inbound");
  let close = () => Promise.resolve();
  let count: (exact: boolean) => ReturnType<typeof countEvents>;
  let add: (from: number, until: number) => Promise<void>;
  let pause: () => Promise<void>;

  beforeAll(async () => {
    const backend = openQueueBackend(await store.url(url), "consumer", 2);
    const queue = backend.queue(definition.name);
    const reader = createQueueReader(backend, [definition]);
    count = (exact) => countEvents(reader, statuses, "test", exact);
    add = async (from, until) => {
      const jobs = Array.from({ length: until - from }, (_, index) => ({ jobId: `event-${from + index}` }));
      await queue.addBulk(jobs.map((opts) => ({ name: "message", data: {}, opts })));
    };
    pause = () => queue.pause();
    close = async () => {
      await reader.close();
      await queue.close();
      await backend.close();
    };
  });
  afterAll(async () => {
    await close();
    await rows.close();
    await database.close();
  });

  /** Records events as done, from `event-0`. */
  async function complete(from: number, until: number): Promise<void> {
    await rows.rows(`insert into millrace.webhook_events (id, integration, event_id, kind, payload_hash, status, correlation_id,
        received_at)
      select gen_random_uuid(), 'test', 'event-' || number, 'message', '', 'done', 'c', now()
      from generate_series(${from}, ${until - 1}) as number`);
    await rows.rows("analyze millrace.webhook_events");
  }

  test("2: few jobs are compared with Postgres, many are counted by the queue, and all with `exact`", async () => {
    const none = { waiting: 0, inFlight: 0, done: 0, dead: 0, discarded: 0 };
    await add(0, 10);
    await complete(0, 1);
    expect(await count(false)).toEqual({ counts: { ...none, waiting: 9, done: 1 }, isExact: true });
    for (let from = 10; from < WAITING; from += 1_000) await add(from, Math.min(WAITING, from + 1_000));
    await pause();
    expect(await count(false)).toEqual({ counts: { ...none, waiting: WAITING, done: 1 }, isExact: false });
    expect(await count(true)).toEqual({ counts: { ...none, waiting: WAITING - 1, done: 1 }, isExact: true });
  });

  test("2: many done events are estimated by Postgres's statistics, and counted with `exact`", async () => {
    await complete(1, DONE);
    const { counts, isExact } = await count(false);
    expect(isExact).toBe(false);
    expect(Math.abs(counts.done / DONE - 1)).toBeLessThan(0.05);
    expect((await count(true)).counts.done).toBe(DONE);
  });
});
