import { uuidv7 } from "@millrace/core";
import { afterEach, expect, test } from "vitest";
import { useDatabase } from "../../test/use-database.ts";
import { createAuditLog } from "../operators/audit-log.ts";
import { auditLog, domainEvents, pausedJobs, pauses } from "../schema/index.ts";
import { createPauseOperations, isScope } from "./pause-operations.ts";

const HOUR_MS = 3_600_000;

const database = useDatabase();
const operations = createPauseOperations(database, uuidv7);
const ada = { actor: "ada", reason: "the number moves" };

afterEach(async () => {
  for (const table of [pauses, pausedJobs, auditLog, domainEvents]) await database.orm.delete(table);
});

const recorded = async () => (await createAuditLog(database, uuidv7).list({ limit: 10 })).toReversed();
const wait = (scope: string, jobId: string, pausedAt: Date) =>
  database.orm.insert(pausedJobs).values({ queue: "whatsapp-outbound", jobId, scope, pausedAt });

test("pauses are listed with their waiting jobs, the longest pause first", async () => {
  const at = (minute: number) => new Date(Date.now() - minute * 60_000);
  await database.orm.insert(pauses).values([
    { scope: "n8n", kind: "unavailable", reason: "HTTP 503", until: at(-1), probes: 4, createdAt: at(20) },
    { scope: "whatsapp:1065", kind: "rate_limited", reason: "HTTP 429", until: at(-5), createdAt: at(30) },
  ]);
  await wait("n8n", "first", at(19));
  await wait("n8n", "second", at(18));
  await wait("telegram:default", "other", at(25));
  const [limited, away] = await operations.list();
  expect(limited).toMatchObject({ scope: "whatsapp:1065", waitingJobs: 0, oldestJobSince: null });
  expect(away).toMatchObject({ scope: "n8n", kind: "unavailable", reason: "HTTP 503", probes: 4, waitingJobs: 2 });
  expect(away?.oldestJobSince?.getTime()).toBeCloseTo(at(19).getTime(), -4);
  expect(away?.ageMs).toBeGreaterThanOrEqual(20 * 60_000 - 1_000);
  expect(await recorded()).toEqual([]);
});

test("an operator pauses a scope until it is resumed, and the audit log records both", async () => {
  expect(await operations.set("whatsapp:1065", ada)).toBeNull();
  expect(await operations.list()).toMatchObject([
    { scope: "whatsapp:1065", kind: "paused", reason: ada.reason, until: null },
  ]);
  expect(await operations.resume("whatsapp:1065", { actor: "grace", reason: "it has moved" })).toBe(true);
  expect(await operations.list()).toEqual([]);
  const values = { kind: "paused", reason: ada.reason, until: null };
  expect(await recorded()).toMatchObject([
    { ...ada, action: "pause.set", subject: "whatsapp:1065", before: null, after: values },
    { actor: "grace", reason: "it has moved", action: "pause.lifted", before: values, after: null },
  ]);
});

test("14: workers do not probe a scope before the time that an operator set for it", async () => {
  const dueAt = async (scope: string) => {
    const row = await database.orm.query.pauses.findFirst({ where: (table, { eq }) => eq(table.scope, scope) });
    return row?.until.getTime() ?? Number.NaN;
  };
  const until = await operations.set("n8n", ada, 2 * HOUR_MS);
  expect(until?.getTime()).toBe(await dueAt("n8n"));
  expect(Math.abs((await dueAt("n8n")) - Date.now() - 2 * HOUR_MS)).toBeLessThan(60_000);
  await operations.set("telegram:default", ada);
  expect(new Date(await dueAt("telegram:default")).getUTCFullYear()).toBe(9999);
});

test("an operator's pause replaces any other pause of the scope, and reports a newly paused account once", async () => {
  await database.orm.insert(pauses).values({
    scope: "n8n",
    kind: "unavailable",
    reason: "HTTP 503",
    until: new Date(Date.now() + HOUR_MS),
    probes: 7,
  });
  await operations.set("n8n", ada);
  await operations.set("n8n", { ...ada, reason: "the workflow changes" }, 60_000);
  expect(await operations.list()).toMatchObject([{ kind: "paused", reason: "the workflow changes", probes: 0 }]);
  expect(await recorded()).toMatchObject([
    { before: { kind: "unavailable", reason: "HTTP 503" }, after: { kind: "paused", reason: ada.reason } },
    { before: { kind: "paused", reason: ada.reason }, after: { kind: "paused", reason: "the workflow changes" } },
  ]);
  expect(await database.orm.select().from(domainEvents)).toMatchObject([
    { type: "account.paused", subjectId: "n8n", payload: { reason: ada.reason } },
  ]);
});

test("of many concurrent calls that resume a scope, one reports it; a scope that is not paused leaves no audit entry", async () => {
  await operations.set("n8n", ada);
  const resumed = await Promise.all(Array.from({ length: 5 }, () => operations.resume("n8n", ada)));
  expect(resumed.filter(Boolean)).toHaveLength(1);
  expect(await operations.resume("n8n", ada)).toBe(false);
  expect((await recorded()).map(({ action }) => action)).toEqual(["pause.set", "pause.lifted"]);
});

test.each([
  ["whatsapp:1065", true],
  ["telegram:bot-ü:-100123", true],
  ["x".repeat(200), true],
  ["x".repeat(201), false],
  ["", false],
  ["meta page", false],
  ["n8n\n", false],
  ["n8n\0", false],
  ["n8n\u200b", false],
])("%j as a scope: %s", (text, valid) => expect(isScope(text)).toBe(valid));
