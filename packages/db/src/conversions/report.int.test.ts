import { uuidv7 } from "@millrace/core";
import { createTestDatabase, openRows, type TestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openDatabase } from "../connection/database.ts";
import { migrateDatabase } from "../connection/migrate.ts";
import { createConversionReport } from "./report.ts";

let testDatabase: TestDatabase;
let database: Database;
let rows: ReturnType<typeof openRows>;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { maxConnections: 2, name: "test" });
  await migrateDatabase(database);
  rows = openRows(testDatabase.url);
  await rows.rows(`insert into tenants (id, name) values ('${uuidv7()}', 'Mill')`);
});
afterEach(async () => {
  await rows.close();
  await database.close();
  await testDatabase.drop();
});

/** A batch of a day with what it was told, and the row that is left in it. */
async function batch(day: string, state: string, errors: Record<string, number>, row?: string, error = "null") {
  const id = uuidv7();
  const told = JSON.stringify(Object.entries(errors).map(([reason, count]) => ({ reason, count })));
  await rows.rows(`insert into millrace.conversion_batches (id, integration, account_id, action_id, state, size, errors, warnings, created_at)
    values ('${id}', 'google', '1', '7001', '${state}', 9, '${told}', '[]', '${day}T23:59:59Z')`);
  if (row !== undefined)
    await rows.rows(`insert into conversion_uploads (id, tenant_id, transaction_id, account_id, conversion_action_id,
        status, error, converted_at, batch_id, payload)
      select '${uuidv7()}', tenants.id, '${id}', '1', '7001', '${row}', ${error}, now(), '${id}', '{}' from tenants`);
}

test("what Google refused without telling which is counted per day and reason, and nothing twice", async () => {
  await batch("2026-03-01", "partial", { INVALID_GCLID: 3, EVENT_TOO_OLD: 1 }, "partially processed");
  await batch("2026-03-01", "partial", { INVALID_GCLID: 2 }, "partially processed");
  await batch("2026-03-02", "failed", { DENIED_CONSENT: 1, INVALID_GCLID: 4 }, "rejected");
  // Its row tells the reason; the next one's rows were sent again in another batch.
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
  expect(await report.refusals(10)).toEqual(lines);
  expect(await report.refusals(2)).toEqual(lines.slice(0, 2));
});
