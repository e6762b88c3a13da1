import { randomUUID } from "node:crypto";
import { createInbox, createAuditLog } from "@millrace/db";
import { EVENT_VERSION, type HeldReason, uuidv7, written } from "@millrace/core";
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
let tenantId: string;

beforeEach(async () => {
  dashboard = await openDashboard(database.url, database.url);
  rows = openRows(database.url);
  tenantId = uuidv7();
  await rows.rows(`insert into tenants (id, name) values ('${tenantId}', 'Mill')`);
});
afterEach(async () => {
  await rows.close();
  await dashboard.close();
});

/** Writes conversions as the worker does. */
async function addConversions(count: number, held?: HeldReason): Promise<void> {
  const event = {
    v: EVENT_VERSION,
    integration: "google",
    kind: "conversion",
    correlationId: "c",
    payload: {},
  } as const;
  const conversion = {
    accountId: "1",
    actionId: "7001",
    click: { kind: "gclid", id: "click" },
    convertedAt: "2026-03-01T12:00:00Z",
    consent: {},
    eventSource: "WEB",
  } as const;
  await createInbox(dashboard.database, uuidv7).applyOnce(
    { ...event, id: randomUUID(), receivedAt: new Date().toISOString() },
    written(
      ...Array.from({ length: count }, () => ({
        fact: "conversion" as const,
        integration: "google",
        tenant: { id: tenantId },
        conversion: { ...conversion, transactionId: randomUUID() },
        held,
      })),
    ),
  );
}

const pageFor = async (headers = basic(OPERATOR)) =>
  (await (await dashboard.request("GET", "/conversions", headers)).text()).replaceAll(/\s+/g, " ");
const release = (form: Record<string, string>) =>
  fetch(`${dashboard.base}/conversions/release`, {
    method: "POST",
    headers: { ...basic(OPERATOR), ...OWN_PAGE },
    body: new URLSearchParams(form),
    redirect: "manual",
  });
const held = async () =>
  (await rows.rows<{ error: string }>("select error from conversion_uploads where status = 'held'")).map(
    ({ error }) => error,
  );

test("the page counts the conversions of each day by status and reason", async () => {
  const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);
  const [today, yesterday] = [dayOf(Date.now()), dayOf(Date.now() - 86_400_000)];
  await addConversions(3);
  await rows.rows(`update conversion_uploads set status = 'rejected', error = '<b>INVALID</b> (currency)',
    created_at = '${yesterday}T23:59:59Z' where id in (select id from conversion_uploads limit 2)`);
  await rows.rows(`insert into millrace.conversion_batches (id, integration, account_id, action_id, state, size, request_id, errors, warnings)
    values ('${uuidv7()}', 'google', '1', '7001', 'partial', 9, 'request-1', '[{"reason": "INVALID_GCLID", "count": 2}]', '[]')`);
  await rows.rows(`update conversion_uploads set status = 'partially processed', batch_id = (select id from millrace.conversion_batches)
    where status = 'queued'`);
  const page = await pageFor();
  const cells = [...page.matchAll(/<td data-label="[^"]*">(?:<span class="bad">)?([^<]*)/g)].map(([, cell]) => cell);
  expect(cells).toEqual(
    [
      [today, "partially processed", "", "1"],
      [yesterday, "rejected", "&lt;b&gt;INVALID&lt;/b&gt; (currency)", "2"],
      [today, "INVALID_GCLID", "2"],
      [today, "request-1", "partial", "9", "2 INVALID_GCLID", ""],
    ].flat(),
  );
});

test("held conversions are released by the reason they are held for, and the audit log records operator and reason", async () => {
  await addConversions(2, "switched_off");
  await addConversions(1, "no_consent");
  expect(await pageFor()).toMatch(
    /<strong>2<\/strong> conversions are held because uploads .*<strong>1<\/strong> conversion is held because consent/,
  );
  expect((await release({ heldFor: "switched_off", reason: "uploads are set up" })).status).toBe(303);
  expect(await held()).toEqual(["no_consent"]);
  expect((await release({ heldFor: "no_consent" })).status).toBe(303);
  expect(await held()).toEqual([]);
  expect(await rows.rows("select distinct status, error from conversion_uploads")).toEqual([
    { status: "queued", error: null },
  ]);
  const entries = await createAuditLog(dashboard.database, uuidv7).list({ limit: 10 });
  expect(entries).toMatchObject([
    { actor: "grace", action: "conversions.released", reason: undefined, after: { conversions: 1 } },
    { actor: "grace", action: "conversions.released", reason: "uploads are set up", after: { conversions: 2 } },
  ]);
});

test("the page reloads while conversions are in progress, and not while it has a form", async () => {
  const refresh = async () => (await dashboard.request("GET", "/conversions")).headers.get("refresh");
  expect(await refresh()).toBeNull();
  await addConversions(1);
  expect(await refresh()).toBe("5");
  await addConversions(1, "switched_off");
  expect(await refresh()).toBeNull();
});

test("a viewer sees the held conversions and no form to release them", async () => {
  await setOperator(dashboard, { ...VIEWER, role: "viewer" });
  await addConversions(1, "no_consent");
  const page = await pageFor(basic(VIEWER));
  expect(page).toContain("held because consent");
  expect(page).not.toContain("<form");
});

test("an invalid release is rejected and releases no conversion", async () => {
  await addConversions(1, "switched_off");
  for (const form of [{}, { heldFor: "rejected" }, { heldFor: "switched_off", reason: "x".repeat(501) }]) {
    const response = await release(form as Record<string, string>);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('role="alert"')]);
  }
  expect(await held()).toEqual(["switched_off"]);
});
