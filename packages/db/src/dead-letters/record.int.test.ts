import { eq, inArray, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { type ExhaustedJob, uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { deadLetters } from "../schema/index.ts";
import { createDeadLetterFollowUps } from "./follow-up.ts";
import { createDeadLetters } from "./record.ts";

const database = useDatabase(4);
const store = createDeadLetters(database, uuidv7);
const followUps = createDeadLetterFollowUps(database);
const at = (hour: number) => new Date(Date.UTC(2026, 2, 1, hour));

const jobOf = (jobId: string, failedAt: Date): ExhaustedJob => ({
  queue: "meta-inbound",
  jobId,
  integration: "meta",
  eventId: jobId,
  kind: "lead",
  payload: {},
  errorKind: "permanent",
  error: "it broke",
  attempts: 1,
  correlationId: "c-1",
  receivedAt: failedAt,
  failedAt,
});

test("8: recorded failures are found by job and time, in one statement", async () => {
  await store.record(jobOf("known", at(10)));
  await store.record(jobOf("failed-again", at(10)));
  const failures = ["known", "failed-again", "unknown"].map((jobId) => ({
    jobId,
    failedAt: at(jobId === "failed-again" ? 11 : 10),
  }));
  expect(await store.findRecorded("meta-inbound", failures)).toEqual(new Set(["known"]));
  expect(await store.findRecorded("whatsapp-inbound", failures)).toEqual(new Set());
  expect(await store.findRecorded("meta-inbound", [])).toEqual(new Set());
});

test("5: a dead letter keeps the position of its event in the request", async () => {
  await store.record({ ...jobOf("third", at(11)), index: 2 });
  await store.record({ ...jobOf("without", at(11)) });
  const rows = await database.orm
    .select()
    .from(deadLetters)
    .where(inArray(deadLetters.jobId, ["third", "without"]));
  expect(Object.fromEntries(rows.map((row) => [row.jobId, row.requestIndex]))).toEqual({ third: 2, without: null });
});

test("8: a failure is open until its follow-up is complete, and a later failure of the job is open again", async () => {
  const openIds = async () => (await followUps.open(at(20))).rows.map(({ jobId }) => jobId);
  const first = jobOf("followed", at(12));
  await store.record(first);
  expect(await openIds()).toContain("followed");
  await followUps.complete(first);
  expect(await openIds()).not.toContain("followed");
  await store.record(jobOf("followed", at(13)));
  await followUps.complete(first);
  expect(await openIds()).toContain("followed");
  const [row] = await database.orm.select().from(deadLetters).where(eq(deadLetters.jobId, "followed"));
  expect(row?.followedUpAt).toBeNull();
});

test("8: pages of open failures contain each failure once, also with equal times", async () => {
  const ids = Array.from({ length: 1_100 }, (_, index) => `page-${index}`);
  await store.record(jobOf("page", at(15)));
  await database.orm.execute(sql`
    insert into millrace.dead_letters (id, queue, job_id, integration, event_id, kind, payload, payload_hash, error_kind, error,
      attempts, state, correlation_id, received_at, first_failed_at, failed_at)
    select gen_random_uuid(), queue, 'page-' || place, integration, event_id, kind, payload, payload_hash, error_kind, error,
      attempts, state, correlation_id, received_at, first_failed_at, failed_at
    from millrace.dead_letters, generate_series(0, 1099) as place where job_id = 'page'`);
  const found: string[] = [];
  for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
    const page = await followUps.open(at(16), after);
    found.push(...page.rows.map(({ jobId }) => jobId));
    after = page.next;
  }
  expect(found.filter((id) => id.startsWith("page-")).sort()).toEqual(ids.sort());
  expect(new Set(found).size).toBe(found.length);
});

test.each([
  { bytes: 4, first: 0x20000, codes: 40_000, characters: 300 },
  { bytes: 2, first: 0x400, codes: 1_000, characters: 500 },
])("8: a long error of $bytes bytes per character is shortened, so that it fits into the index", async (long) => {
  // Code points without a pattern, which Postgres cannot compress.
  const codes = Array.from({ length: 5_000 }, (_, index) => long.first + ((index * 7_919) % long.codes));
  const error = codes.map((code) => String.fromCodePoint(code));
  const job = jobOf(`long-${long.bytes}`, at(17));
  await store.record({ ...job, error: error.join("") });
  const [row] = await database.orm.select().from(deadLetters).where(eq(deadLetters.jobId, job.jobId));
  expect(row?.error).toBe(`${error.slice(0, long.characters - 1).join("")}…`);
});
