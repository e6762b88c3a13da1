import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  contentHash,
  type InboundEvent,
  permanent,
  uuidv7,
  written,
  type ExhaustedJob,
  type Handled,
} from "@millrace/core";
import { useTestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "../connection/database.ts";
import { deadLetters, messages, messageStatuses, webhookEvents } from "../schema/index.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { createInbox } from "./inbox.ts";
import { assignAccounts } from "../accounts/accounts.ts";
import { applyWork } from "../../test/stores.ts";

const { url } = useTestDatabase();
const pools = [1, 2, 3].map(() => openDatabase(url, { maxConnections: 6, name: "test" }));
const [database] = pools as [Database, ...Database[]];

beforeAll(async () => {
  await assignAccounts(database.orm, [{ provider: "whatsapp", externalId: "*", tenantName: "Mill" }], uuidv7);
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
});

test("3: a redelivery changes nothing, even with another payload and in another request", async () => {
  const event = newEvent();
  const inbox = createInbox(database, uuidv7);
  expect(await inbox.applyOnce(event, statusOf(event.id))).toMatchObject({ result: "written" });
  const before = await everything(event.id);
  const again = { ...event, correlationId: "another", payload: { other: true } };
  expect(await inbox.applyOnce(again, statusOf(event.id))).toMatchObject({ result: "duplicate" });
  expect(await everything(event.id)).toEqual(before);
  expect(before.statuses).toHaveLength(1);
  expect(await inbox.isDone(event)).toBe(true);
});

test("3: many concurrent attempts at one event, from several pools, have one effect", async () => {
  const event = newEvent();
  const at = new Date();
  const owner = { provider: "whatsapp", noun: "phone number", externalId: "1001" };
  const thread = {
    owner,
    channel: "whatsapp",
    accountId: "1001",
    threadId: "t-1",
    kind: "group",
    person: undefined,
  } as const;
  // Every attempt uses its own row id, so only the inbox prevents a second row.
  const message = () =>
    written({
      fact: "message",
      thread,
      activity: { at, byUser: true },
      message: {
        externalId: uuidv7(),
        direction: "inbound",
        type: "text",
        body: event.id,
        sentAt: at,
        payload: {},
        status: "received",
        ofContact: false,
      },
    });
  const attempts = Array.from({ length: 30 }, (_, index) => {
    const pool = pools[index % pools.length] ?? database;
    return createInbox(pool, uuidv7).applyOnce(event, message());
  });
  const results = (await Promise.all(attempts)).map(({ result }) => result);
  expect(results.filter((result) => result === "written")).toHaveLength(1);
  expect(results.filter((result) => result === "duplicate")).toHaveLength(29);
  expect(await database.orm.select().from(messages).where(eq(messages.body, event.id))).toHaveLength(1);
});

test("4: a write that throws changes nothing, and the next attempt starts from the beginning", async () => {
  const event = newEvent();
  const inbox = createInbox(database, uuidv7);
  const failing = written(...statusOf(event.id).facts, unknownConversation);
  await expect(inbox.applyOnce(event, failing)).rejects.toThrow("no conversation");
  expect(await everything(event.id)).toEqual({ events: [], statuses: [], deadLetterRows: [] });
  expect(await inbox.isDone(event)).toBe(false);
  expect(await inbox.applyOnce(event, statusOf(event.id))).toMatchObject({ result: "written" });
});

test("of two concurrent attempts, the second writes when the first one fails", async () => {
  const event = newEvent();
  const inbox = createInbox(database, uuidv7);
  let fail: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (fail = reject));
  let begun: () => void = () => undefined;
  const writing = new Promise<void>((resolve) => (begun = resolve));
  const first = applyWork(database, uuidv7, event, () => (begun(), failure));
  await writing;
  const second = inbox.applyOnce(event, statusOf(event.id));
  fail(permanent("no"));
  await expect(first).rejects.toThrow("no");
  expect(await second).toMatchObject({ result: "written" });
});

test("the inbox keeps the payload of unhandled and ignored events, and not of written ones", async () => {
  const inbox = createInbox(database, uuidv7);
  for (const outcome of [
    { result: "unhandled" },
    { result: "ignored", detail: "a test button" },
    { result: "written", detail: "a lead" },
  ] as const) {
    const event = newEvent();
    await inbox.applyOnce(event, { ...outcome, facts: [] });
    const { events } = await everything(event.id);
    const detail = "detail" in outcome ? outcome.detail : null;
    const payload = outcome.result === "written" ? null : event.payload;
    const payloadHash = contentHash(event.payload);
    expect(events).toMatchObject([{ status: "done", result: outcome.result, detail, payload, payloadHash }]);
  }
});

test("9: a dead event that succeeds is done, and its dead letters are resolved in the same transaction", async () => {
  const event = newEvent();
  const inbox = createInbox(database, uuidv7);
  const deadLetterStore = createDeadLetters(database, uuidv7);
  await deadLetterStore.record(exhausted(event));
  await deadLetterStore.record(exhausted(event, { jobId: `${event.id}.replay` }));
  expect(await inbox.isDone(event)).toBe(false);

  await expect(inbox.applyOnce(event, written(unknownConversation))).rejects.toThrow("no conversation");
  const failed = await everything(event.id);
  expect(failed.events).toMatchObject([{ status: "dead", error: "it broke" }]);
  expect(failed.deadLetterRows).toMatchObject([{ state: "dead" }, { state: "dead" }]);

  await inbox.applyOnce(event, statusOf(event.id));
  const { events, deadLetterRows: rows } = await everything(event.id);
  expect(events).toMatchObject([{ status: "done", result: "written", error: null }]);
  expect(rows).toMatchObject([{ state: "resolved" }, { state: "resolved" }]);
  expect(rows.every((row) => row.resolvedAt !== null)).toBe(true);
  expect(await inbox.applyOnce(event, statusOf(event.id))).toMatchObject({ result: "duplicate" });
});

test("recording the same failure again, or an earlier one late, changes nothing", async () => {
  const event = newEvent();
  const deadLetterStore = createDeadLetters(database, uuidv7);
  const job = exhausted(event, { failedAt: new Date("2026-03-02T00:00:00Z") });
  await deadLetterStore.record(job);
  const before = await everything(event.id);
  expect(before.deadLetterRows).toMatchObject([
    { state: "dead", attempts: 8, payloadHash: contentHash(event.payload) },
  ]);
  await deadLetterStore.record({ ...job, error: "another text" });
  await deadLetterStore.record({ ...job, error: "an earlier failure", failedAt: new Date("2026-03-01T00:00:00Z") });
  expect(await everything(event.id)).toEqual(before);
});

test("a later failure of the same job updates its dead letter", async () => {
  const event = newEvent();
  const deadLetterStore = createDeadLetters(database, uuidv7);
  const first = exhausted(event);
  await deadLetterStore.record(first);
  const failedAt = new Date(first.failedAt.getTime() + 1);
  await deadLetterStore.record({
    ...first,
    failedAt,
    error: "worse",
    errorKind: "stalled",
    attempts: 9,
    payload: { edited: 1 },
  });
  const { deadLetterRows: rows, events } = await everything(event.id);
  expect(rows).toMatchObject([
    { error: "worse", errorKind: "stalled", attempts: 9, failedAt, firstFailedAt: first.failedAt },
  ]);
  expect(rows[0]).toMatchObject({ payload: { edited: 1 }, payloadHash: contentHash({ edited: 1 }) });
  expect(events).toMatchObject([{ status: "dead", error: "worse" }]);
});

test("a resolved or replaying dead letter is dead again when its job fails again", async () => {
  const deadLetterStore = createDeadLetters(database, uuidv7);
  for (const state of ["resolved", "replaying"] as const) {
    const event = newEvent();
    const job = exhausted(event);
    await deadLetterStore.record(job);
    await database.orm
      .update(deadLetters)
      .set({ state, resolvedAt: new Date() })
      .where(eq(deadLetters.jobId, job.jobId));
    await deadLetterStore.record(job);
    expect((await everything(event.id)).deadLetterRows).toMatchObject([{ state }]);
    await deadLetterStore.record({ ...job, failedAt: new Date(job.failedAt.getTime() + 1) });
    expect((await everything(event.id)).deadLetterRows).toMatchObject([{ state: "dead", resolvedAt: null }]);
  }
});

test("the dead letter of a job with a completed event is resolved at once", async () => {
  const event = newEvent();
  await createInbox(database, uuidv7).applyOnce(event, statusOf(event.id));
  const job = exhausted(event);
  await createDeadLetters(database, uuidv7).record(job);
  const { deadLetterRows, events } = await everything(event.id);
  expect(deadLetterRows).toMatchObject([{ state: "resolved", resolvedAt: job.failedAt }]);
  expect(events).toMatchObject([{ status: "done", error: null }]);
});

test("8: many workers that record one failure write one dead letter, also while the event is being processed", async () => {
  for (let round = 0; round < 15; round += 1) {
    const event = newEvent();
    const job = exhausted(event);
    const records = Array.from({ length: 9 }, (_, index) =>
      createDeadLetters(pools[index % 3] ?? database, uuidv7).record(job),
    );
    await Promise.all([...records, createInbox(database, uuidv7).applyOnce(event, statusOf(event.id))]);
    const { deadLetterRows, events, statuses } = await everything(event.id);
    expect(deadLetterRows).toMatchObject([{ state: "resolved" }]);
    expect(events).toMatchObject([{ status: "done" }]);
    expect(statuses).toHaveLength(1);
  }
});

function newEvent(): InboundEvent {
  const receivedAt = "2026-03-01T08:00:00.000Z";
  const id = `status.${uuidv7()}`;
  return { v: 1, integration: "whatsapp", id, kind: "status", correlationId: "c-1", receivedAt, payload: { of: id } };
}

/** A fact that cannot be applied. */
const unknownConversation = {
  fact: "mode",
  change: { conversationId: uuidv7(), mode: "human", actor: "Bea", at: new Date() },
} as const;

/** A status with an external id of its own, so that a second effect is a second row. */
function statusOf(eventId: string): Handled {
  const owner = { provider: "whatsapp", noun: "phone number", externalId: eventId };
  const key = { channel: "whatsapp", accountId: eventId, externalId: uuidv7() } as const;
  return written({ fact: "status", owner, ...key, status: "sent", at: new Date(), payload: {} });
}

function exhausted(event: InboundEvent, changes: Partial<ExhaustedJob> = {}): ExhaustedJob {
  const { id: eventId, integration, kind, payload, correlationId } = event;
  const receivedAt = new Date(event.receivedAt);
  const end = { errorKind: "retryable", error: "it broke", attempts: 8, failedAt: new Date("2026-03-01T09:00:00Z") };
  return {
    queue: "whatsapp",
    jobId: eventId,
    eventId,
    integration,
    kind,
    payload,
    correlationId,
    receivedAt,
    ...end,
    ...changes,
  };
}

async function everything(eventId: string) {
  const { orm } = database;
  return {
    events: await orm.select().from(webhookEvents).where(eq(webhookEvents.eventId, eventId)),
    statuses: await orm.select().from(messageStatuses).where(eq(messageStatuses.accountId, eventId)),
    deadLetterRows: await orm.select().from(deadLetters).where(eq(deadLetters.eventId, eventId)),
  };
}
