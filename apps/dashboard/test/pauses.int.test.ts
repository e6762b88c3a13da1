import { uuidv7 } from "@millrace/core";
import { createAuditLog, createPauseOperations } from "@millrace/db";
import { openRows, useTestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  basic,
  type DashboardServer,
  openDashboard,
  OPERATOR,
  OWN_PAGE,
  setOperator,
  VIEWER,
} from "./dashboard-server.ts";

const database = useTestDatabase({ perTest: true });
let dashboard: DashboardServer;
let rows: ReturnType<typeof openRows>;

beforeEach(async () => {
  dashboard = await openDashboard(database.url, database.url);
  rows = openRows(database.url);
});
afterEach(async () => {
  await rows.close();
  await dashboard.close();
});

const pageFor = async (headers = basic(OPERATOR)) =>
  (await (await dashboard.request("GET", "/pauses", headers)).text()).replaceAll(/\s+/g, " ");
const post = (path: string, form: Record<string, string>) =>
  fetch(`${dashboard.base}${path}`, {
    method: "POST",
    headers: { ...basic(OPERATOR), ...OWN_PAGE },
    body: new URLSearchParams(form),
    redirect: "manual",
  });
const pauses = () => createPauseOperations(dashboard.database, uuidv7);
const audited = async () => (await createAuditLog(dashboard.database, uuidv7).list({ limit: 10 })).toReversed();

test("the page lists the paused scopes with their waiting jobs, and escapes their reasons", async () => {
  expect(await pageFor()).toContain("No pauses");
  await rows.rows(`insert into millrace.pauses (scope, kind, reason, until, created_at) values
      ('n8n', 'unavailable', '<b>HTTP 503</b>', '2026-03-01T12:00:05Z', '2026-03-01T11:58:00Z'),
      ('whatsapp:1065', 'rate_limited', 'Bearer EAAGm0PX4ZCpsBAKZBd7kq2wLQ', '2026-03-01T12:05:00Z', '2026-03-01T11:59:00Z');
    insert into millrace.paused_jobs (queue, job_id, scope) values ('q', 'one', 'n8n'), ('q', 'two', 'n8n')`);
  const page = await pageFor();
  const cells = [...page.matchAll(/<td data-label="[^"]*">(.*?)<\/td>/g)].map(([, cell = ""]) =>
    cell
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll(/\s+/g, " ")
      .trim(),
  );
  expect(cells).toEqual(
    [
      ["n8n", "unavailable", "&lt;b&gt;HTTP 503&lt;/b&gt;", "2026-03-01 11:58:00 UTC", "2026-03-01 12:00:05 UTC"],
      ["2", "Resume"],
      ["whatsapp:1065", "rate limited", "Bearer [redacted]", "2026-03-01 11:59:00 UTC", "2026-03-01 12:05:00 UTC"],
      ["0", "Resume"],
    ].flat(),
  );
});

test("an operator pauses a scope and resumes it, and the audit log records both", async () => {
  expect((await post("/pauses", { scope: " n8n ", reason: "the workflow changes", minutes: "" })).status).toBe(303);
  expect((await post("/pauses", { scope: "meta:page:123", reason: "a new token", minutes: "120" })).status).toBe(303);
  const [workflow, token] = await pauses().list();
  expect(workflow).toMatchObject({ scope: "n8n", kind: "paused", reason: "the workflow changes", until: null });
  expect(await pageFor()).toContain("none, paused until resumed");
  expect(token?.until?.getTime()).toBe((token?.since.getTime() ?? 0) + 2 * 3_600_000);
  for (const attempt of [1, 2])
    expect([attempt, (await post("/pauses/resume", { scope: "n8n" })).status]).toEqual([attempt, 303]);
  expect((await pauses().list()).map(({ scope }) => scope)).toEqual(["meta:page:123"]);
  expect(await audited()).toMatchObject([
    { actor: OPERATOR.user, action: "pause.set", subject: "n8n", reason: "the workflow changes" },
    { actor: OPERATOR.user, action: "pause.set", subject: "meta:page:123", reason: "a new token" },
    { actor: OPERATOR.user, action: "pause.lifted", subject: "n8n", before: { reason: "the workflow changes" } },
  ]);
});

test("an invalid form pauses and resumes no scope, and keeps what the operator typed", async () => {
  for (const [path, form] of [
    ["/pauses", {}],
    ["/pauses", { scope: "meta page", reason: "a test" }],
    ["/pauses", { scope: "n8n", reason: " " }],
    ["/pauses", { scope: "n8n", reason: "a\0b" }],
    ["/pauses", { scope: "n8n", reason: "a test", minutes: "7" }],
    ["/pauses/resume", { scope: "n8n\0" }],
  ] as const) {
    const response = await post(path, form);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('role="alert"')]);
  }
  expect(await (await post("/pauses", { scope: 'x" y', reason: "a test" })).text()).toContain('value="x&quot; y"');
  expect(await pauses().list()).toEqual([]);
  expect(await audited()).toEqual([]);
});

test("a viewer sees the pauses, and no form", async () => {
  await setOperator(dashboard, { ...VIEWER, role: "viewer" });
  await pauses().set("n8n", { actor: "test", reason: "the workflow changes" });
  const page = await pageFor(basic(VIEWER));
  expect(page).toContain("the workflow changes");
  expect(page).not.toContain("<form");
});
