import { uuidv7 } from "@millrace/core";
import { openRows, useTestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../connection/database.ts";
import { createConversionBatches } from "./batches.ts";
import { createConversionReport } from "./report.ts";

const testDatabase = useTestDatabase();
const database = openDatabase(testDatabase.url, { maxConnections: 2, name: "test" });
const rows = openRows(testDatabase.url);

beforeAll(async () => {
  await rows.rows(`insert into tenants (id, name) values ('${uuidv7()}', 'Mill')`);
});
afterAll(async () => {
  await rows.close();
  await database.close();
});

/** Inserts a batch of a day with its errors and, with `row`, one conversion of that status. */
async function batch(day: string, state: string, errors: Record<string, number>, row?: string, error = "null") {
  const id = uuidv7();
  const errorCounts = JSON.stringify(Object.entries(errors).map(([reason, count]) => ({ reason, count })));
  await rows.rows(`insert into millrace.conversion_batches (id, integration, account_id, action_id, state, size, errors, warnings, created_at)
    values ('${id}', 'google', '1', '7001', '${state}', 9, '${errorCounts}', '[]', '${day}T23:59:59Z')`);
  if (row !== undefined)
    await rows.rows(`insert into conversion_uploads (id, integration, tenant_id, transaction_id, account_id, conversion_action_id,
        status, error, converted_at, batch_id, payload)
      select '${uuidv7()}', 'google', tenants.id, '${id}', '1', '7001', '${row}', ${error}, now(), '${id}', '{}' from tenants`);
}

test("rejections that no single conversion shows are counted by day and reason, and none twice", async () => {
  await batch("2026-03-01", "partial", { INVALID_GCLID: 3, EVENT_TOO_OLD: 1 }, "partially processed");
  await batch("2026-03-01", "partial", { INVALID_GCLID: 2 }, "partially processed");
  await batch("2026-03-02", "failed", { DENIED_CONSENT: 1, INVALID_GCLID: 4 }, "rejected");
  // This batch's conversion has the reason; the conversions of the next one moved to another batch.
  await batch("2026-03-02", "failed", { EVENT_TOO_OLD: 1 }, "rejected", "'EVENT_TOO_OLD'");
  await batch("2026-03-02", "partial", { INTERNAL_ERROR: 9 });
  await batch("2026-03-02", "success", {}, "processed");
  const report = createConversionReport(database, uuidv7);
  const lines = [
    { day: "2026-03-02", reason: "INVALID_GCLID", conversions: 4 },
    { day: "2026-03-02", reason: "DENIED_CONSENT", conversions: 1 },
    { day: "2026-03-01", reason: "INVALID_GCLID", conversions: 5 },
    { day: "2026-03-01", reason: "EVENT_TOO_OLD", conversions: 1 },
  ];
  expect(await report.rejections(10)).toEqual(lines);
  expect(await report.rejections(2)).toEqual(lines.slice(0, 2));
});

test("a long reason of a rejection is shortened, so that it fits into the index of the report", async () => {
  await batch("2026-03-03", "formed", {}, "queued");
  const [row] = await rows.rows<{ id: string; batchId: string }>(
    `select id, batch_id as "batchId" from conversion_uploads where status = 'queued'`,
  );
  const { id, batchId } = row ?? { id: "", batchId: "" };
  const reason = Array.from({ length: 5_000 }, (_, index) =>
    String.fromCodePoint(0x20000 + ((index * 7_919) % 40_000)),
  );
  await createConversionBatches(database, uuidv7).reject(batchId, [{ id, reason: reason.join("") }], new Date());
  const [rejected] = await rows.rows<{ error: string }>(`select error from conversion_uploads where id = '${id}'`);
  expect(rejected?.error).toBe(`${reason.slice(0, 299).join("")}…`);
});

test("conversions are counted by day, status and reason, of the 31 days up to the latest one", async () => {
  await rows.rows(`delete from conversion_uploads`);
  const days = ["2026-03-31T23:59:59Z", "2026-03-31T00:00:00Z", "2026-03-01T00:00:00Z", "2026-02-28T23:59:59Z"];
  for (const [index, day] of days.entries())
    await rows.rows(`insert into conversion_uploads (id, integration, tenant_id, transaction_id, account_id, conversion_action_id,
        status, error, converted_at, payload, created_at)
      select '${uuidv7()}', 'google', tenants.id, 'of-day-${index}', '1', '7001', 'held', 'switched_off', now(), '{}', '${day}'
      from tenants`);
  const report = createConversionReport(database, uuidv7);
  const line = { status: "held", reason: "switched_off" };
  expect(await report.days(10)).toEqual([
    { ...line, day: "2026-03-31", conversions: 2 },
    { ...line, day: "2026-03-01", conversions: 1 },
  ]);
  expect(await report.days(1)).toHaveLength(1);
});
