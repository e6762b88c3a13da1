import { uuidv7 } from "@millrace/core";
import { openRows, useTestDatabase } from "@millrace/testing";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { type DashboardServer, openDashboard, QUEUE } from "./dashboard-server.ts";
import { addDeadLetter } from "./dead-letter-rows.ts";

const database = useTestDatabase();
const rows = openRows(database.url);
let dashboard: DashboardServer;

afterAll(() => rows.close());
beforeEach(async () => {
  dashboard = await openDashboard(database.url, database.url);
});
afterEach(async () => {
  await rows.rows(
    "truncate millrace.dead_letters, millrace.webhook_events, millrace.replays, millrace.audit_log cascade",
  );
  await dashboard.close();
});

/** Adds a dead letter with a payload that contains a secret, and returns its id. */
async function add(jobId: string, error = "no tenant owns page 17"): Promise<string> {
  const payload = { text: "Ada Sample", access_token: "EAAGm0PX4ZCpsBAKZBd7kq2wLQ" };
  return (await addDeadLetter(dashboard.database, jobId, { payload, error })).id;
}

async function call(method: string, path: string, body?: unknown) {
  const response = await dashboard.request(method, `/api/dead-letters${path}`, undefined, body);
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>) };
}

test("the list contains errors and no payload; a single dead letter contains its payload without secrets", async () => {
  const id = await add("one");
  const { body } = await call("GET", "?text=TENANT%20owns&state=dead");
  expect(body).toMatchObject({ deadLetters: [{ id, jobId: "one" }], counts: { dead: 1 } });
  expect(JSON.stringify(body)).not.toContain("Ada Sample");
  const one = await call("GET", `/${id}`);
  expect(one.body).toMatchObject({ id, payload: { text: "Ada Sample", access_token: "[redacted]" } });
  expect((await call("GET", `/${uuidv7()}`)).status).toBe(404);
});

test("a dry run counts dead letters by error and changes none", async () => {
  await add("one");
  await add("two", "another");
  const request = { selection: { text: "tenant owns" }, dryRun: true };
  const counted = { queue: QUEUE, errorKind: "permanent", error: "no tenant owns page 17", count: 1 };
  const response = { status: 200, body: { dryRun: true, count: 1, isExact: true, countsByError: [counted] } };
  expect(await call("POST", "/replay", request)).toEqual(response);
  expect(await call("POST", "/discard", request)).toEqual(response);
  expect((await call("GET", "")).body).toMatchObject({ counts: { dead: 2 } });
  expect(await rows.rows("select 1 from millrace.replays union all select 1 from millrace.audit_log")).toEqual([]);
});

test("9: a replay is started, read and cancelled, and the audit log records operator and reason", async () => {
  await add("one");
  const started = await call("POST", "/replay", { selection: { queue: QUEUE }, rate: 5, reason: "page assigned" });
  expect(started).toMatchObject({
    status: 202,
    body: { replay: { state: "running", total: 1, rate: 5, actor: "grace" } },
  });
  expect((await call("POST", "/replay", { selection: {}, all: true })).body).toEqual({ replay: null });
  const id = (started.body?.["replay"] as { id: string } | undefined)?.id ?? "";
  expect((await call("GET", `/replays/${id}`)).body).toMatchObject({ progress: { waiting: 1 } });
  expect((await call("POST", `/replays/${id}/cancel`, { reason: "not yet" })).status).toBe(204);
  expect((await call("POST", `/replays/${id}/cancel`, {})).status).toBe(409);
  expect((await call("POST", `/replays/${uuidv7()}/cancel`, {})).status).toBe(404);
  expect((await call("GET", "/replays")).body).toMatchObject({ replays: [{ id, state: "cancelled" }] });
  expect(await rows.rows("select actor, action, reason from millrace.audit_log order by id")).toEqual([
    { actor: "grace", action: "dead_letters.replayed", reason: "page assigned" },
    { actor: "grace", action: "replay.cancelled", reason: "not yet" },
  ]);
});

test("a dead letter is edited and discarded while it is in state dead", async () => {
  const id = await add("one");
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
  ["POST", "/replay", { selection: {} }, "selection: name a condition, or set all: true"],
  ["POST", "/discard", {}, "selection: "],
  ["POST", "/replay", { selection: { queue: 5 } }, "selection.queue: "],
  ["POST", "/replay", { selection: { quene: "x" } }, "selection: "],
  ["POST", "/replay", { selection: { queue: "x" }, rate: 0 }, "rate: "],
  ["GET", "?limit=a", undefined, "limit: "],
  ["GET", "/none", undefined, "id: "],
  ["GET", "?text=%00", undefined, "text: must hold no NUL"],
  ["GET", "?since=0000-01-01T00:00:00Z", undefined, "since: there is no year 0"],
  ["POST", "/discard", { selection: { tenant: "\0" } }, "selection.tenant: must hold no NUL"],
])("an invalid request is rejected and the error names the field: %s %s %j", async (method, path, body, reason) => {
  await add("one");
  const response = await call(method, path, body);
  expect(response).toMatchObject({ status: 400, body: { title: expect.stringContaining(reason) } });
  expect((await call("GET", "")).body).toMatchObject({ counts: { dead: 1 } });
});

test("the OpenAPI document describes every route with its authentication", async () => {
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
