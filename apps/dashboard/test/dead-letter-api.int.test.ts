import { type ExhaustedJob, uuidv7 } from "@millrace/core";
import { createDeadLetterList, createDeadLetters } from "@millrace/db";
import { createTestDatabase, openRows, type TestDatabase } from "@millrace/testing";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type DashboardServer, openDashboard, QUEUE } from "./dashboard-server.ts";

const AT = new Date("2026-03-01T11:00:00.000Z");

let testDatabase: TestDatabase;
let dashboard: DashboardServer;
let rows: ReturnType<typeof openRows>;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  rows = openRows(testDatabase.url);
});
afterAll(async () => {
  await rows.close();
  await testDatabase.drop();
});
beforeEach(async () => {
  dashboard = await openDashboard(testDatabase.url, testDatabase.url);
});
afterEach(async () => {
  await rows.rows(
    "truncate millrace.dead_letters, millrace.webhook_events, millrace.replays, millrace.audit_log cascade",
  );
  await dashboard.close();
});

async function die(jobId: string, error = "no tenant owns page 17"): Promise<string> {
  const job: ExhaustedJob = {
    queue: QUEUE,
    jobId,
    integration: "probe",
    eventId: jobId,
    kind: "message",
    payload: { text: "Ada Sample", access_token: "EAAGm0PX4ZCpsBAKZBd7kq2wLQ" },
    errorKind: "permanent",
    error,
    attempts: 1,
    correlationId: "c-1",
    receivedAt: AT,
    failedAt: AT,
  };
  await createDeadLetters(dashboard.database, uuidv7).record(job);
  return (await createDeadLetterList(dashboard.database).ofJob(QUEUE, jobId))?.id ?? "";
}

async function call(method: string, path: string, body?: unknown) {
  const response = await dashboard.ask(method, `/api/dead-letters${path}`, undefined, body);
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>) };
}

test("a list tells what is dead and of what, without the data; one is shown with it and without its secrets", async () => {
  const id = await die("one");
  const { body } = await call("GET", "?text=LEAD%20source&state=dead");
  expect(body).toMatchObject({ deadLetters: [{ id, jobId: "one" }], counts: { dead: 1 } });
  expect(JSON.stringify(body)).not.toContain("Ada Sample");
  const one = await call("GET", `/${id}`);
  expect(one.body).toMatchObject({ id, payload: { text: "Ada Sample", access_token: "[redacted]" } });
  expect((await call("GET", `/${uuidv7()}`)).status).toBe(404);
});

test("a dry run tells how many and which, and changes nothing", async () => {
  await die("one");
  await die("two", "another");
  const dry = { selection: { text: "lead source" }, dryRun: true };
  const told = { dryRun: true, letters: 1, tally: [{ queue: QUEUE, error: "no tenant owns page 17", letters: 1 }] };
  expect(await call("POST", "/replay", dry)).toMatchObject({ status: 200, body: told });
  expect(await call("POST", "/discard", dry)).toMatchObject({ status: 200, body: told });
  expect((await call("GET", "")).body).toMatchObject({ counts: { dead: 2 } });
  expect(await rows.rows("select 1 from millrace.replays union all select 1 from millrace.audit_log")).toEqual([]);
});

test("9: a replay is begun, looked at and cancelled, and the audit tells by whom and why", async () => {
  await die("one");
  const begun = await call("POST", "/replay", { selection: { queue: QUEUE }, rate: 5, reason: "mended" });
  expect(begun).toMatchObject({
    status: 202,
    body: { replay: { state: "running", total: 1, rate: 5, actor: "grace" } },
  });
  expect((await call("POST", "/replay", { selection: {}, all: true })).body).toEqual({ replay: null });
  const id = (begun.body?.["replay"] as { id: string } | undefined)?.id ?? "";
  expect((await call("GET", `/replays/${id}`)).body).toMatchObject({ progress: { waiting: 1 } });
  expect((await call("POST", `/replays/${id}/cancel`, { reason: "not yet" })).status).toBe(204);
  expect((await call("POST", `/replays/${id}/cancel`, {})).status).toBe(409);
  expect((await call("POST", `/replays/${uuidv7()}/cancel`, {})).status).toBe(404);
  expect((await call("GET", "/replays")).body).toMatchObject({ replays: [{ id, state: "cancelled" }] });
  expect(await rows.rows("select actor, action, reason from millrace.audit_log order by id")).toEqual([
    { actor: "grace", action: "dead_letters.replayed", reason: "mended" },
    { actor: "grace", action: "replay.cancelled", reason: "not yet" },
  ]);
});

test("one is edited while it is dead, and discarded", async () => {
  const id = await die("one");
  const shown = (await call("GET", `/${id}`)).body?.["payload"];
  expect((await call("PUT", `/${id}`, { payload: shown })).status).toBe(409);
  await rows.rows("update millrace.dead_letters set payload = payload - 'access_token'");
  expect((await call("PUT", `/${id}`, { payload: { text: "Ada\0" } })).status).toBe(204);
  expect((await call("GET", `/${id}`)).body).toMatchObject({ payload: { text: "Ada\uFFFD" } });
  expect((await call("PUT", `/${uuidv7()}`, { payload: {} })).status).toBe(404);
  expect((await call("POST", "/discard", { selection: { ids: [id] } })).body).toEqual({ discarded: 1 });
  expect((await call("PUT", `/${id}`, { payload: {} })).status).toBe(409);
});

test.each([
  ["POST", "/replay", { selection: {} }, "selection: name a condition, or say all: true"],
  ["POST", "/discard", {}, "selection: "],
  ["POST", "/replay", { selection: { queue: 5 } }, "selection.queue: "],
  ["POST", "/replay", { selection: { quene: "x" } }, "selection: "],
  ["POST", "/replay", { selection: { queue: "x" }, rate: 0 }, "rate: "],
  ["GET", "?limit=a", undefined, "limit: "],
  ["GET", "/none", undefined, "id: "],
  ["GET", "?text=%00", undefined, "text: must hold no NUL"],
  ["GET", "?since=0000-01-01T00:00:00Z", undefined, "since: there is no year 0"],
  ["POST", "/discard", { selection: { tenant: "\0" } }, "selection.tenant: must hold no NUL"],
])("what is wrong is refused, and the field named: %s %s %j", async (method, path, body, reason) => {
  await die("one");
  const answer = await call(method, path, body);
  expect(answer).toMatchObject({ status: 400, body: { title: expect.stringContaining(reason) } });
  expect((await call("GET", "")).body).toMatchObject({ counts: { dead: 1 } });
});

test("its OpenAPI document describes every route, with its sign-in", async () => {
  const { body } = await call("GET", "/openapi.json");
  const paths = body?.["paths"] as Record<string, Record<string, { security: unknown }>>;
  expect(Object.keys(paths).sort()).toEqual([
    "/api/dead-letters",
    "/api/dead-letters/discard",
    "/api/dead-letters/replay",
    "/api/dead-letters/replays",
    "/api/dead-letters/replays/{id}",
    "/api/dead-letters/replays/{id}/cancel",
    "/api/dead-letters/{id}",
  ]);
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path)))
    expect(operation.security).toEqual([{ operator: [] }]);
});
