import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterEach, beforeAll, expect, test } from "vitest";
import { firstIdAt, type InboundEvent, uuidv7, written } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import {
  alerts,
  deadLetters,
  auditLog,
  operatorSessions,
  rateLimits,
  replayItems,
  replays,
  webhookEvents,
} from "../schema/index.ts";
import { createInbox } from "../inbox/inbox.ts";
import { createRetention, RETAINED_TABLES, type RetainedTable, type Retention } from "./retention.ts";

const LINE = new Date("2026-06-01T00:00:00Z");
const EARLIER = new Date("2026-05-01T00:00:00Z");
const LATER = new Date("2026-06-02T00:00:00Z");

const database = useDatabase(6);
let retention: Retention;

beforeAll(async () => {
  retention = createRetention(database);
});

afterEach(async () => {
  await database.orm.execute(RETAINED_TABLES.map((table) => `delete from ${table}`).join(";"));
});

test("completed events are deleted after their retention", async () => {
  const [old, young] = [eventRow(EARLIER), eventRow(LATER)];
  await database.orm.insert(webhookEvents).values([old, young]);
  expect(await forget("webhook_events")).toBe(1);
  expect(await ids("webhook_events")).toEqual([young.id]);
});

test("an old event stays as long as its dead letter, and a dead letter stays until it is resolved or discarded", async () => {
  const states = ["dead", "replaying", "resolved", "discarded"] as const;
  const rows = states.map((state) => {
    const event = { ...eventRow(EARLIER), status: state === "resolved" ? ("done" as const) : ("dead" as const) };
    return { state, event, deadLetter: deadLetterRow(event, state, EARLIER) };
  });
  const justResolved = deadLetterRow(eventRow(EARLIER), "resolved", EARLIER, LATER);
  await database.orm.insert(webhookEvents).values(rows.map(({ event }) => event));
  await database.orm.insert(deadLetters).values([...rows.map(({ deadLetter }) => deadLetter), justResolved]);
  expect(await forget("webhook_events")).toBe(0);
  expect(await forget("dead_letters")).toBe(2);
  expect(await ids("dead_letters")).toEqual(sorted(rows[0]?.deadLetter.id, rows[1]?.deadLetter.id, justResolved.id));
  expect(await forget("webhook_events")).toBe(2);
  expect(await ids("webhook_events")).toEqual(sorted(rows[0]?.event.id, rows[1]?.event.id));
});

test("the edited payload of a dead letter is deleted with it, and the audit entry stays", async () => {
  const gone = deadLetterRow(eventRow(EARLIER), "resolved", EARLIER);
  const kept = deadLetterRow(eventRow(LATER), "resolved", LATER);
  await database.orm.insert(deadLetters).values([gone, kept]);
  const change = { actor: "Bea", reason: "the name was wrong", before: { name: "Adda" }, after: { name: "Ada" } };
  const [ofGone, ofKept, other] = [
    { id: idAt(LATER), ...change, action: "dead_letter.edited", subject: gone.id },
    { id: idAt(LATER), ...change, action: "dead_letter.edited", subject: kept.id },
    { id: idAt(LATER), ...change, action: "dead_letters.discarded", subject: gone.id },
  ] as const;
  await database.orm.insert(auditLog).values([ofGone, ofKept, other]);
  expect(await forget("dead_letters")).toBe(1);
  const rows = await database.orm.select().from(auditLog);
  const byId = (id: string) => rows.find((row) => row.id === id);
  expect(byId(ofGone.id)).toMatchObject({ ...ofGone, before: null, after: null });
  expect([byId(ofKept.id), byId(other.id)]).toMatchObject([ofKept, other]);
});

test("a resolved dead letter stays while a replay contains it", async () => {
  const deadLetter = deadLetterRow(eventRow(EARLIER), "resolved", EARLIER);
  const replay = replayRow(EARLIER);
  await database.orm.insert(deadLetters).values(deadLetter);
  await database.orm.insert(replays).values(replay);
  await database.orm
    .insert(replayItems)
    .values({ replayId: replay.id, deadLetterId: deadLetter.id, state: "replaying" });
  expect(await forget("dead_letters")).toBe(0);
  await database.orm.update(replayItems).set({ state: "resolved" });
  expect(await forget("dead_letters")).toBe(1);
});

test("ended replays are deleted with their items after their retention", async () => {
  const [old, young, running] = [replayRow(EARLIER, EARLIER), replayRow(EARLIER, LATER), replayRow(EARLIER)];
  const deadLetter = deadLetterRow(eventRow(EARLIER), "dead", EARLIER);
  await database.orm.insert(deadLetters).values(deadLetter);
  await database.orm.insert(replays).values([old, young, running]);
  const items = [old, young, running].map(({ id }) => ({ replayId: id, deadLetterId: deadLetter.id }));
  await database.orm.insert(replayItems).values(items.map((item) => ({ ...item, state: "skipped" as const })));
  expect(await forget("replays")).toBe(0);
  expect(await forget("replay_items")).toBe(1);
  expect(await forget("replays")).toBe(1);
  expect(await ids("replays")).toEqual(sorted(young.id, running.id));
});

test("old audit entries, closed alerts, expired sessions and unused rate limits are deleted, and newer or open ones stay", async () => {
  const action = { actor: "Bea", action: "job.retried", subject: "job" };
  await database.orm.insert(auditLog).values([
    { id: idAt(EARLIER), ...action },
    { id: idAt(LATER), ...action },
  ]);
  const alert = { rule: "dead_letters", summary: "there are some" };
  await database.orm.insert(alerts).values([
    { id: idAt(EARLIER), ...alert, subject: "closed", openedAt: EARLIER, closedAt: EARLIER },
    { id: idAt(EARLIER), ...alert, subject: "closed later", openedAt: EARLIER, closedAt: LATER },
    { id: idAt(EARLIER), ...alert, subject: "open", openedAt: EARLIER },
  ]);
  await database.orm.insert(operatorSessions).values([
    { tokenHash: "ended", usedAt: EARLIER, expiresAt: EARLIER },
    { tokenHash: "runs", usedAt: EARLIER, expiresAt: LATER },
  ]);
  await database.orm.insert(rateLimits).values([
    { scope: "unused", usedUntil: EARLIER },
    { scope: "used", usedUntil: LATER },
  ]);
  for (const [table, rows] of [
    ["audit_log", 1],
    ["alerts", 1],
    ["operator_sessions", 1],
    ["rate_limits", 1],
  ] as const)
    expect({ table, rows: await forget(table) }).toEqual({ table, rows });
  expect(await database.orm.$count(auditLog)).toBe(1);
  expect(await database.orm.$count(alerts)).toBe(2);
  expect(await database.orm.$count(operatorSessions)).toBe(1);
  expect(await database.orm.$count(rateLimits)).toBe(1);
});

test("many rows take several steps, each of which continues after the last deleted row", async () => {
  await manyEvents(2_500);
  await database.orm
    .execute(sql`insert into millrace.dead_letters (id, queue, job_id, integration, event_id, kind, payload,
      payload_hash, error_kind, error, attempts, state, correlation_id, received_at, first_failed_at, failed_at)
    select gen_random_uuid(), 'q', event_id, integration, event_id, kind, '{}', '', 'permanent', '', 1, 'dead', '', now(),
      now(), now() from millrace.webhook_events order by id limit 700`);
  const first = await retention.deleteExpired("webhook_events", LINE);
  const second = await retention.deleteExpired("webhook_events", LINE, first?.next);
  expect([first, second]).toEqual([
    { rows: 1_000, next: expect.any(String) },
    { rows: 800, next: undefined },
  ]);
  expect(await ids("webhook_events")).toHaveLength(700);
});

test("each step reads one page of the rate limits, even if none of it is deleted", async () => {
  const used = Array.from({ length: 1_000 }, (_, n) => ({ scope: `a${String(n).padStart(4, "0")}`, usedUntil: LATER }));
  await database.orm.insert(rateLimits).values([...used, { scope: "b", usedUntil: EARLIER }]);
  const first = await retention.deleteExpired("rate_limits", LINE);
  expect(first).toEqual({ rows: 0, next: "a0999" });
  expect(await retention.deleteExpired("rate_limits", LINE, first?.next)).toEqual({ rows: 1, next: undefined });
});

test("a locked row is skipped, and inserts do not wait", async () => {
  await manyEvents(20);
  const held = (await ids("webhook_events"))[0];
  const inbox = createInbox(database, uuidv7);
  await database.orm.transaction(async (other) => {
    await other.execute(sql`select from millrace.webhook_events where id = ${held} for update`);
    expect(await forget("webhook_events")).toBe(19);
  });
  await database.orm.transaction(async (other) => {
    await other.execute(sql`select pg_advisory_xact_lock(hashtextextended('retention', 0))`);
    expect(await retention.deleteExpired("webhook_events", LINE)).toBeUndefined();
    expect((await inbox.applyOnce(eventOf("new"), written())).result).toBe("written");
  });
  expect(await forget("webhook_events")).toBe(1);
});

test("two concurrent runs delete each row once", async () => {
  await manyEvents(3_000);
  const steps = await Promise.all(Array.from({ length: 6 }, () => retention.deleteExpired("webhook_events", LINE)));
  const deleted = steps.reduce((sum, step) => sum + (step?.rows ?? 0), 0);
  expect(deleted).toBeGreaterThan(0);
  expect(await database.orm.$count(webhookEvents)).toBe(3_000 - deleted);
});

test("a redelivery within the retention of its event changes nothing", async () => {
  const inbox = createInbox(database, () => idAt(LATER));
  const event = eventOf("again");
  await inbox.applyOnce(event, written());
  await forget("webhook_events");
  expect((await inbox.applyOnce(event, written())).result).toBe("duplicate");
});

/** Deletes in steps until nothing is left to delete. */
async function forget(table: RetainedTable): Promise<number> {
  let rows = 0;
  for (let after: string | undefined, done = false; !done;) {
    const step = await retention.deleteExpired(table, LINE, after);
    rows += step?.rows ?? 0;
    after = step?.next;
    done = after === undefined;
  }
  return rows;
}

async function ids(table: RetainedTable): Promise<string[]> {
  const rows = await database.orm.execute<{ id: string }>(
    sql`select id from ${sql.identifier(table)} order by id::text`,
  );
  return rows.map(({ id }) => id);
}

function sorted(...values: readonly (string | undefined)[]): string[] {
  return values.map(String).sort((one, two) => (one < two ? -1 : 1));
}

/** An id as it is given at a time. */
function idAt(at: Date): string {
  return `${firstIdAt(at).slice(0, 14)}7${randomUUID().slice(15)}`;
}

function eventRow(at: Date) {
  const eventId = randomUUID();
  const common = { integration: "test", kind: "test", payloadHash: "", correlationId: "c", receivedAt: at };
  return { id: idAt(at), eventId, status: "done" as "done" | "dead", ...common };
}

function deadLetterRow(
  event: ReturnType<typeof eventRow>,
  state: "dead" | "replaying" | "resolved" | "discarded",
  failedAt: Date,
  completedAt = failedAt,
) {
  const { eventId, integration, kind, payloadHash, correlationId, receivedAt } = event;
  const end = { errorKind: "permanent", error: "broken", attempts: 1, firstFailedAt: failedAt, failedAt };
  const completion = { state, resolvedAt: state === "resolved" ? completedAt : null, updatedAt: completedAt };
  const job = { queue: "test-inbound", jobId: eventId, eventId, integration, kind, payload: {}, payloadHash };
  return { id: idAt(failedAt), ...job, correlationId, receivedAt, ...end, ...completion };
}

function replayRow(at: Date, endedAt?: Date) {
  const state = endedAt ? ("done" as const) : ("running" as const);
  return { id: idAt(at), state, actor: "Bea", selection: {}, rate: 1, total: 1, endedAt: endedAt ?? null };
}

function manyEvents(count: number) {
  return database.orm.insert(webhookEvents).values(Array.from({ length: count }, () => eventRow(EARLIER)));
}

function eventOf(id: string): InboundEvent {
  const base = { v: 1, integration: "test", kind: "test", payload: {}, correlationId: "c" } as const;
  return { ...base, id, receivedAt: LATER.toISOString() };
}
