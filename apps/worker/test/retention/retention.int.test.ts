import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Logger, systemNow } from "@millrace/core";
import { createRetention, type Database, openDatabase, type Retention } from "@millrace/db";
import { type RowReader, openRows, recordingLogger, until, useTestDatabase } from "@millrace/testing";
import { type RetentionDays, type RetentionDeps, startRetention } from "../../src/loops/retention.ts";

const DAYS: RetentionDays = {
  replay_items: 90,
  replays: 90,
  dead_letters: 90,
  webhook_events: 90,
  domain_events: 90,
  audit_log: undefined,
  alerts: 90,
  operator_sessions: 0,
  rate_limits: 1,
};

const testDatabase = useTestDatabase();
let database: Database;
let rows: RowReader;

beforeAll(async () => {
  database = openDatabase(testDatabase.url, { maxConnections: 6, name: "test" });
  rows = openRows(testDatabase.url);
});

beforeEach(async () => {
  await rows.rows("truncate millrace.webhook_events, millrace.audit_log");
});

afterAll(async () => {
  await rows.close();
  await database.close();
});

test("a run deletes expired rows in steps, by its clock, and logs how many", async () => {
  await insertEvents(5_000);
  await rows.rows(`insert into millrace.audit_log (id, actor, action, subject)
    values ('00000000-0000-7000-8000-000000000000', 'Bea', 'a', 's')`);
  expect(await runAt(new Date("1970-04-01T00:00:00Z"))).toMatchObject({ webhook_events: 0 });
  const deleted = await runAt(new Date("1970-04-02T00:00:00Z"));
  expect(deleted).toMatchObject({ webhook_events: 5_000, operator_sessions: 0 });
  // The run skips tables that are kept for ever.
  expect(deleted).not.toHaveProperty("audit_log");
  expect(await rows.rows("select from millrace.audit_log")).toHaveLength(1);
});

test("two workers at once delete each row once and skip a locked row", async () => {
  await insertEvents(5_000);
  await database.orm.transaction(async (other) => {
    await other.execute("select from millrace.webhook_events order by id limit 1 for update");
    const logs = [recordingLogger(), recordingLogger()];
    const workers = logs.map(({ log }) => startRetention(depsOf(createRetention(database), log)));
    await until("all rows but the locked one are deleted", async () => (await remaining()) === 1);
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(logs.map(({ text }) => text()).join("")).not.toContain("retention.failed");
  });
  await runAt(systemNow());
  expect(await remaining()).toBe(0);
});

test("a stop ends the run at once", async () => {
  await insertEvents(5_000);
  const worker = startRetention({
    ...depsOf(createRetention(database), recordingLogger().log),
    timings: { everyMs: 60_000, pauseMs: 60_000 },
  });
  await until("the first step is complete", async () => (await remaining()) === 4_000);
  await worker.stop();
  expect(await remaining()).toBe(4_000);
});

test("a failure in one table is logged, and the run goes on with the other tables", async () => {
  await insertEvents(1);
  const retention = createRetention(database);
  const failing: Retention = {
    deleteExpired: (table, ...rest) =>
      table === "dead_letters" ? Promise.reject(new Error("no")) : retention.deleteExpired(table, ...rest),
  };
  const { log, lines } = recordingLogger();
  const worker = startRetention(depsOf(failing, log));
  await until("the run is complete", () => lines().some(({ msg }) => msg === "retention.completed"));
  await worker.stop();
  expect(lines()).toContainEqual(expect.objectContaining({ msg: "retention.failed", table: "dead_letters" }));
  expect(await remaining()).toBe(0);
});

function depsOf(retention: Retention, log: Logger, now = systemNow): RetentionDeps {
  return { retention, days: DAYS, ports: { log, now }, timings: { everyMs: 50, pauseMs: 0 } };
}

/** One run at a time of the clock. Returns the deleted rows per table. */
async function runAt(at: Date): Promise<unknown> {
  const { log, lines } = recordingLogger();
  const worker = startRetention(depsOf(createRetention(database), log, () => at));
  const line = await until("the run is complete", () => lines().find(({ msg }) => msg === "retention.completed"));
  await worker.stop();
  return line["deleted"];
}

async function remaining(): Promise<number> {
  const [row] = await rows.rows<{ count: number }>("select count(*)::int as count from millrace.webhook_events");
  return row?.count ?? 0;
}

/** Events with ids that date from the first moment of 1970. */
function insertEvents(count: number) {
  return rows.rows(`insert into millrace.webhook_events (id, integration, event_id, kind, payload_hash, status, correlation_id, received_at)
    select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 's', n::text, 'k', '', 'done', 'c', now()
    from generate_series(1, ${count}) as n`);
}
