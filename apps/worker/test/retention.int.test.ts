import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { systemNow } from "@millrace/core";
import { createRetention, type Database, migrateDatabase, openDatabase, type Retention } from "@millrace/db";
import {
  createTestDatabase,
  openRows,
  recordingLogger,
  type RowReader,
  type TestDatabase,
  until,
} from "@millrace/testing";
import { type KeptDays, startRetention } from "../src/loops/retention.ts";

const KEPT: KeptDays = {
  replay_items: 90,
  replays: 90,
  dead_letters: 90,
  webhook_events: 90,
  audit_log: undefined,
  alerts: 90,
  operator_sessions: 0,
  rate_limits: 1,
};

let testDatabase: TestDatabase;
let database: Database;
let rows: RowReader;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { maxConnections: 6, name: "test" });
  await migrateDatabase(database);
  rows = openRows(testDatabase.url);
});

beforeEach(async () => {
  await rows.rows("truncate millrace.webhook_events, millrace.audit_log");
});

afterAll(async () => {
  await rows.close();
  await database.close();
  await testDatabase.drop();
});

test("a round deletes what is over in steps, says how much, and goes by the clock it was given", async () => {
  await insertEvents(5_000);
  await rows.rows(`insert into millrace.audit_log (id, actor, action, subject)
    values ('00000000-0000-7000-8000-000000000000', 'Bea', 'a', 's')`);
  expect(await roundAt(new Date("1970-04-01T00:00:00Z"))).toMatchObject({ webhook_events: 0 });
  const forgotten = await roundAt(new Date("1970-04-02T00:00:00Z"));
  expect(forgotten).toMatchObject({ webhook_events: 5_000, operator_sessions: 0 });
  // What is kept for ever is not even looked at.
  expect(forgotten).not.toHaveProperty("audit_log");
  expect(await rows.rows("select from millrace.audit_log")).toHaveLength(1);
});

test("two workers at once delete each row once, and a row that is held does not stop them", async () => {
  await insertEvents(5_000);
  await database.orm.transaction(async (other) => {
    await other.execute("select from millrace.webhook_events order by id limit 1 for update");
    const logs = [recordingLogger(), recordingLogger()];
    const workers = logs.map(({ log }) => startRetention({ ...parts(createRetention(database)), log }));
    await until("all but the held one are gone", async () => (await left()) === 1);
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(logs.map(({ text }) => text()).join("")).not.toContain("retention.failed");
  });
  await roundAt(systemNow());
  expect(await left()).toBe(0);
});

test("a worker that stops ends its round at once", async () => {
  await insertEvents(5_000);
  const worker = startRetention({ ...parts(createRetention(database)), timings: { everyMs: 60_000, pauseMs: 60_000 } });
  await until("the first step is done", async () => (await left()) === 4_000);
  await worker.stop();
  expect(await left()).toBe(4_000);
});

test("what fails in one table is told and keeps no other from being looked at", async () => {
  await insertEvents(1);
  const retention = createRetention(database);
  const failing: Retention = {
    deleteExpired: (table, ...rest) =>
      table === "dead_letters" ? Promise.reject(new Error("no")) : retention.deleteExpired(table, ...rest),
  };
  const { log, lines } = recordingLogger();
  const worker = startRetention({ ...parts(failing), log });
  await until("the round is over", () => lines().some(({ msg }) => msg === "retention.completed"));
  await worker.stop();
  expect(lines()).toContainEqual(expect.objectContaining({ msg: "retention.failed", table: "dead_letters" }));
  expect(await left()).toBe(0);
});

function parts(retention: Retention, now = systemNow) {
  return { retention, keptDays: KEPT, log: recordingLogger().log, now, timings: { everyMs: 50, pauseMs: 0 } };
}

/** One round at a time of the clock; how many rows went. */
async function roundAt(at: Date): Promise<unknown> {
  const { log, lines } = recordingLogger();
  const worker = startRetention({ ...parts(createRetention(database), () => at), log });
  const line = await until("the round is over", () => lines().find(({ msg }) => msg === "retention.completed"));
  await worker.stop();
  return line["forgotten"];
}

async function left(): Promise<number> {
  const [row] = await rows.rows<{ count: number }>("select count(*)::int as count from millrace.webhook_events");
  return row?.count ?? 0;
}

/** Events of the first moment of 1970. */
function insertEvents(count: number) {
  return rows.rows(`insert into millrace.webhook_events (id, integration, event_id, kind, payload_hash, status, correlation_id, received_at)
    select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 's', n::text, 'k', '', 'done', 'c', now()
    from generate_series(1, ${count}) as n`);
}
