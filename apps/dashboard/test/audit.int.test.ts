import { uuidv7 } from "@millrace/core";
import { createAuditLog, type AuditLog } from "@millrace/db";
import { createTestDatabase, queueStores, type TestDatabase } from "@millrace/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { basic, type DashboardServer, openDashboard, OPERATOR, QUEUE, setOperator } from "./dashboard-server.ts";

const SECRET = "EAAGm0PX4ZCpsBAKZBd7kq2wLQ";
const VIEWER = { user: "vera", password: "only wants to look" };

describe.each(queueStores())("what was done on $kind:", (store) => {
  let testDatabase: TestDatabase;
  let dashboard: DashboardServer;
  let actions: AuditLog;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    dashboard = await openDashboard(await store.url(testDatabase.url), testDatabase.url);
    actions = createAuditLog(dashboard.database, uuidv7);
  });
  afterEach(async () => {
    await dashboard.close();
    await testDatabase.drop();
  });

  const put = async (path: string, headers?: Record<string, string>) =>
    (await dashboard.ask("PUT", `/api/queues/${path}`, headers)).status;
  const recorded = async () => (await actions.list({ limit: 100 })).toReversed();
  test("each change on the board is a row: who, what, of which queue or job, before and after", async () => {
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

  test("what was refused is no row", async () => {
    await setOperator(dashboard, { ...VIEWER, role: "viewer" });
    const before = await recorded();
    expect(await put(`${QUEUE}/pause`, basic(VIEWER))).toBe(403);
    expect(await put(`${QUEUE}/pause`, { ...basic(OPERATOR), "Sec-Fetch-Site": "cross-site" })).toBe(403);
    expect(await put(`${QUEUE}/no-such-job/retry`)).toBe(409);
    expect(await put(`${QUEUE}/empty`)).toBe(403);
    expect(await recorded()).toEqual(before);
  });
});

describe("the page:", () => {
  let testDatabase: TestDatabase;
  let dashboard: DashboardServer;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    dashboard = await openDashboard(testDatabase.url, testDatabase.url);
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
  afterAll(async () => {
    await dashboard.close();
    await testDatabase.drop();
  });

  const page = async (path: string) => (await dashboard.ask("GET", path)).text();
  const subjects = (text: string) => text.match(/queue-\d+-end/g) ?? [];
  const linkTo = (text: string, name: string) =>
    new RegExp(`href="([^"]+)"[^>]*>${name}<`).exec(text)?.[1]?.replaceAll("&amp;", "&");

  test("newest first, a page at a time, until the first", async () => {
    const first = await page("/audit");
    const second = await page(linkTo(first, "Older") ?? "");
    const shown = [...subjects(first), ...subjects(second)];
    expect(shown).toEqual(Array.from({ length: 60 }, (_, index) => `queue-${59 - index}-end`));
    expect(linkTo(second, "Older")).toBeUndefined();
    expect(linkTo(second, "Newest")).toBe("/audit");
  });

  test("only of one person, one action, one subject", async () => {
    const ofAda = await page("/audit?actor=ada&action=&subject=");
    expect(subjects(ofAda)).toEqual(Array.from({ length: 30 }, (_, index) => `queue-${59 - 2 * index}-end`));
    expect(ofAda).toMatch(/name="actor"\s+value="ada"/);
    expect(subjects(await page("/audit?action=queue.paused&subject=queue-7-end"))).toContain("queue-7-end");
    expect(await page("/audit?action=queue.resumed")).toContain("There is nothing.");
  });

  test("10: it shows text as text, and no secret", async () => {
    const text = await page("/audit?subject=m-1");
    for (const shown of ["message.&lt;b&gt;edited", "&lt;script&gt;", "Bearer [redacted]", "[redacted]&quot;"])
      expect(text).toContain(shown);
    for (const hidden of ["<b>", "<script", SECRET]) expect(text).not.toContain(hidden);
    expect(await page("/audit?actor=%22%3E%3Cscript%3E")).not.toContain("<script");
  });

  test("an address with a cursor of somebody's own making is refused", async () => {
    expect((await dashboard.ask("GET", "/audit?before=1'")).status).toBe(400);
  });
});
