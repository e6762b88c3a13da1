import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { contentHash, uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { deadLetters, webhookEvents } from "../schema/index.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { createEventStatuses } from "./event-status.ts";

const database = useDatabase(4);
const eventStatuses = createEventStatuses(database);

test("statuses are returned for any number of events, separately per integration", async () => {
  const ids = Array.from({ length: 12_001 }, (_, index) => `event-${index}`);
  const known = ids.filter((_, index) => index % 2 === 0);
  const row = { integration: "whatsapp", kind: "message", payloadHash: "", correlationId: "c", receivedAt: new Date() };
  for (let from = 0; from < known.length; from += 2_000) {
    const piece = known.slice(from, from + 2_000);
    const status = (id: string) => (id.endsWith("0") ? ("dead" as const) : ("done" as const));
    const rows = piece.map((eventId) => ({ ...row, id: uuidv7(), eventId, status: status(eventId) }));
    await database.orm.insert(webhookEvents).values(rows);
  }
  const other = { ...row, id: uuidv7(), integration: "telegram", eventId: "event-1", status: "done" as const };
  await database.orm.insert(webhookEvents).values(other);

  const { statuses } = await eventStatuses.countsWithStatuses("whatsapp", ids);
  expect([...statuses.keys()].sort()).toEqual([...known].sort());
  const dead = known.filter((id) => id.endsWith("0"));
  expect([...statuses].filter(([, status]) => status === "dead").map(([id]) => id)).toEqual(
    expect.arrayContaining(dead),
  );
  expect(await eventStatuses.counts("whatsapp")).toEqual({
    done: known.length - dead.length,
    dead: dead.length,
    discarded: 0,
  });
  expect(await eventStatuses.counts("telegram")).toEqual({ done: 1, dead: 0, discarded: 0 });
  expect(await eventStatuses.counts("n8n")).toEqual({ done: 0, dead: 0, discarded: 0 });
  expect((await eventStatuses.countsWithStatuses("whatsapp", [])).statuses).toEqual(new Map());
});

test("an unknown event is not found, and a dead one is found with its dead letters, latest first", async () => {
  expect(await eventStatuses.find("meta", "lead.1")).toBeUndefined();
  expect(await eventStatuses.deadLetters("meta", "lead.1")).toEqual([]);
  const deadLetterStore = createDeadLetters(database, uuidv7);
  const receivedAt = new Date("2026-03-01T08:00:00Z");
  const event = { integration: "meta", eventId: "lead.1", kind: "lead", payload: {}, correlationId: "c-1", receivedAt };
  for (const hour of [10, 12, 11]) {
    const failedAt = new Date(Date.UTC(2026, 2, 1, hour));
    const job = {
      queue: "meta",
      jobId: `job-${hour}`,
      errorKind: "permanent",
      error: `at ${hour}`,
      attempts: 1,
      failedAt,
    };
    await deadLetterStore.record({ ...event, ...job });
  }
  expect(await eventStatuses.find("meta", "lead.1")).toMatchObject({
    status: "dead",
    correlationId: "c-1",
    receivedAt,
  });
  expect((await eventStatuses.deadLetters("meta", "lead.1")).map(({ jobId }) => jobId)).toEqual([
    "job-12",
    "job-11",
    "job-10",
  ]);
});

test("the events of a request are found by its correlation id, in the order of arrival", async () => {
  const row = { kind: "message", payloadHash: "", status: "done" as const };
  const at = (second: number) => ({ id: uuidv7(), receivedAt: new Date(Date.UTC(2026, 2, 1, 8, 0, second)) });
  await database.orm.insert(webhookEvents).values([
    { ...row, ...at(2), integration: "n8n", eventId: "turn.1", correlationId: "of-request" },
    { ...row, ...at(1), integration: "whatsapp", eventId: "message.1", correlationId: "of-request" },
    { ...row, ...at(1), integration: "whatsapp", eventId: "message.2", correlationId: "of-another" },
  ]);
  expect(await eventStatuses.ofRequest("of-request")).toEqual([
    { integration: "whatsapp", eventId: "message.1" },
    { integration: "n8n", eventId: "turn.1" },
  ]);
  expect(await eventStatuses.ofRequest("unknown")).toEqual([]);
});

test("a dead letter stores any JSON payload of a job", async () => {
  const deadLetterStore = createDeadLetters(database, uuidv7);
  const at = new Date("2026-03-01T08:00:00Z");
  const end = { errorKind: "unknown", error: "it broke", attempts: 1, receivedAt: at, failedAt: at };
  for (const payload of [null, undefined, "text", 12, true, [1, { two: 2 }], { "a'b": '"\\' }]) {
    const jobId = uuidv7();
    const event = { integration: "meta", eventId: jobId, kind: "lead", correlationId: "c-1" };
    await deadLetterStore.record({ queue: "meta", jobId, ...event, ...end, payload });
    const [row] = await database.orm.select().from(deadLetters).where(eq(deadLetters.jobId, jobId));
    expect(row).toMatchObject({ payload: payload ?? null, payloadHash: contentHash(payload) });
  }
});

test("2: counts and statuses come from one snapshot while events are being processed", async () => {
  const ids = Array.from({ length: 400 }, (_, index) => `busy-${index}`);
  const row = { integration: "busy", kind: "message", payloadHash: "", correlationId: "c", receivedAt: new Date() };
  const written: string[] = [];
  const writes = (async () => {
    for (const eventId of ids) {
      await database.orm.insert(webhookEvents).values({ ...row, id: uuidv7(), eventId, status: "done" });
      written.push(eventId);
    }
  })();
  const snapshots: [counted: number, known: number][] = [];
  while (written.length < ids.length) {
    const { done, statuses } = await eventStatuses.countsWithStatuses("busy", ids);
    snapshots.push([done, statuses.size]);
  }
  await writes;
  expect(snapshots.filter(([counted]) => counted > 0 && counted < ids.length).length).toBeGreaterThan(0);
  expect(snapshots.filter(([counted, known]) => counted !== known)).toEqual([]);
});
