import { uuidv7 } from "@millrace/core";
import { createAuditLog, type AuditLog } from "@millrace/db";
import { defaultQueueStore, useTestDatabase } from "@millrace/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  basic,
  type DashboardServer,
  openDashboard,
  OPERATOR,
  QUEUE,
  setOperator,
  VIEWER,
} from "./dashboard-server.ts";

const SECRET = "EAAGm0PX4ZCpsBAKZBd7kq2wLQ";

describe("changes of queues in the audit log:", () => {
  const store = defaultQueueStore();
  const database = useTestDatabase({ perTest: true });
  let dashboard: DashboardServer;
  let auditLog: AuditLog;

  beforeEach(async () => {
    dashboard = await openDashboard(await store.url(database.url), database.url);
    auditLog = createAuditLog(dashboard.database, uuidv7);
  });
  afterEach(() => dashboard.close());

  const put = async (path: string, headers?: Record<string, string>) =>
    (await dashboard.request("PUT", `/api/queues/${path}`, headers)).status;
  const recorded = async () => (await auditLog.list({ limit: 100 })).toReversed();

  test("each change on the board is a row with operator, action, subject, before and after", async () => {
    await dashboard.queue.add("message", {}, { jobId: "later", delay: 3_600_000 });
    await dashboard.queue.add("message", {}, { jobId: "latest", delay: 3_600_000 });
    for (const path of [`${QUEUE}/pause`, "resume", "pause", `${QUEUE}/resume`]) expect(await put(path)).toBe(200);
    expect(await put(`${QUEUE}/later/promote`)).toBe(204);
    expect(await put(`${QUEUE}/promote`)).toBe(200);
    const subject = QUEUE;
    expect(await recorded()).toMatchObject([
      { action: "queue.paused", subject, before: { paused: false }, after: { paused: true } },
      { action: "queue.resumed", subject, before: { paused: true }, after: { paused: false } },
      { action: "queue.paused", subject, before: { paused: false }, after: { paused: true } },
      { action: "queue.resumed", subject, before: { paused: true }, after: { paused: false } },
      { action: "job.promoted", subject: `${QUEUE}/later`, before: { state: "delayed" }, after: { state: "waiting" } },
      { action: "queue.promoted", subject, before: { delayed: 1 }, after: { delayed: 0 } },
    ]);
    expect(new Set((await recorded()).map(({ actor }) => actor))).toEqual(new Set([OPERATOR.user]));
  });

  test("a rejected change is no row", async () => {
    await setOperator(dashboard, { ...VIEWER, role: "viewer" });
    const before = await recorded();
    expect(await put(`${QUEUE}/pause`, basic(VIEWER))).toBe(403);
    expect(await put(`${QUEUE}/pause`, { ...basic(OPERATOR), "Sec-Fetch-Site": "cross-site" })).toBe(403);
    expect(await put(`${QUEUE}/no-such-job/retry`)).toBe(409);
    expect(await put(`${QUEUE}/empty`)).toBe(403);
    expect(await recorded()).toEqual(before);
  });
});

describe("the page of the audit log:", () => {
  const database = useTestDatabase();
  let dashboard: DashboardServer;

  beforeAll(async () => {
    dashboard = await openDashboard(database.url, database.url);
    const { record } = createAuditLog(dashboard.database, uuidv7);
    for (let index = 0; index < 60; index++)
      await record({ actor: index % 2 ? "ada" : "grace", action: "queue.paused", subject: `queue-${index}-end` });
    await record({
      actor: "ada",
      action: "message.<b>edited</b>",
      subject: "m-1",
      reason: `asked with Bearer ${SECRET}`,
      before: { text: "<script>alert(1)</script>", access_token: SECRET },
      after: { text: "Hello" },
    });
  });
  afterAll(() => dashboard.close());

  const page = async (path: string) => (await dashboard.request("GET", path)).text();
  const subjects = (text: string) => text.match(/queue-\d+-end/g) ?? [];
  const linkTo = (text: string, name: string) =>
    new RegExp(`href="([^"]+)"[^>]*>${name}<`).exec(text)?.[1]?.replaceAll("&amp;", "&");

  test("entries are listed newest first, page by page, to the oldest", async () => {
    const first = await page("/audit");
    const second = await page(linkTo(first, "Older entries") ?? "");
    const shown = [...subjects(first), ...subjects(second)];
    expect(shown).toEqual(Array.from({ length: 60 }, (_, index) => `queue-${59 - index}-end`));
    expect(linkTo(second, "Older entries")).toBeUndefined();
    expect(linkTo(second, "Newest entries")).toBe("/audit");
  });

  test("filters select one operator, one action or one subject", async () => {
    const ofAda = await page("/audit?actor=ada&action=&subject=");
    expect(subjects(ofAda)).toEqual(Array.from({ length: 30 }, (_, index) => `queue-${59 - 2 * index}-end`));
    expect(ofAda).toMatch(/name="actor"\s+value="ada"/);
    expect(subjects(await page("/audit?action=queue.paused&subject=queue-7-end"))).toContain("queue-7-end");
    expect(await page("/audit?action=queue.resumed")).toContain("No audit entries match the filters");
  });

  test("10: the page escapes text and shows no secret", async () => {
    const text = await page("/audit?subject=m-1");
    for (const shown of ["message.&lt;b&gt;edited", "&lt;script&gt;", "Bearer [redacted]", "[redacted]&quot;"])
      expect(text).toContain(shown);
    for (const hidden of ["<b>", "<script", SECRET]) expect(text).not.toContain(hidden);
    expect(await page("/audit?actor=%22%3E%3Cscript%3E")).not.toContain("<script");
  });

  test("an invalid cursor is rejected", async () => {
    expect((await dashboard.request("GET", "/audit?before=1'")).status).toBe(400);
  });
});
