import { afterAll, beforeAll, expect, test } from "vitest";
import { type DeadLetterSelection, type ExhaustedJob, uuidv7 } from "@millrace/core";
import { createTestDatabase, type TestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "../connection/database.ts";
import { migrateDatabase } from "../connection/migrate.ts";
import { createDeadLetterList, type DeadLetterList } from "./list.ts";
import { createDeadLetters } from "./record.ts";
import { createReplays } from "./replays.ts";
import { assignAccounts } from "../accounts/accounts.ts";

const AT = new Date("2026-03-01T12:00:00Z");

let testDatabase: TestDatabase;
let database: Database;
let letters: DeadLetterList;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { maxConnections: 4, name: "test" });
  await migrateDatabase(database);
  letters = createDeadLetterList(database);
  const record = createDeadLetters(database, uuidv7).record;
  await record(
    job("page", { integration: "meta", queue: "meta-inbound", account: "17", error: "no tenant owns page 17" }),
  );
  await record(job("percent", { error: "took 100% of 20 s", errorKind: "retryable", attempts: 8 }));
  await record(job("later", { failedAt: new Date(AT.getTime() + 60_000) }));
  await record(job("gone", {}));
  const gone = await letters.ofJob("whatsapp-inbound", "gone");
  await createReplays(database, uuidv7, () => AT).discard({ ids: [gone?.id ?? ""] }, { actor: "grace" });
});

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

function job(jobId: string, changes: Partial<ExhaustedJob>): ExhaustedJob {
  return {
    queue: "whatsapp-inbound",
    jobId,
    integration: "whatsapp",
    eventId: jobId,
    kind: "message",
    payload: { of: jobId },
    errorKind: "permanent",
    error: "not a message we know",
    attempts: 1,
    correlationId: "c-1",
    receivedAt: AT,
    failedAt: AT,
    ...changes,
  };
}

const found = async (selection: DeadLetterSelection) =>
  (await letters.list(selection, ["dead"], { offset: 0, limit: 10 })).map(({ jobId }) => jobId).sort();

test.each<[string, DeadLetterSelection, string[]]>([
  ["nothing", {}, ["later", "page", "percent"]],
  ["queue", { queue: "meta-inbound" }, ["page"]],
  ["integration", { integration: "whatsapp" }, ["later", "percent"]],
  ["kind of error", { errorKind: "retryable" }, ["percent"]],
  ["part of the error, in whatever case", { text: "LEAD SOURCE" }, ["page"]],
  ["what looks like a pattern", { text: "100%" }, ["percent"]],
  ["what looks like a pattern and is none", { text: "not_a" }, []],
  ["time", { since: "2026-03-01T12:01:00Z" }, ["later"]],
  ["time before", { until: "2026-03-01T13:01:00+01:00" }, ["page", "percent"]],
  ["several", { integration: "whatsapp", errorKind: "permanent" }, ["later"]],
  ["a tenant without any", { tenant: "Mill" }, []],
])("letters are selected by %s", async (_, selection, expected) => {
  expect(await found(selection)).toEqual(expected);
  expect((await letters.counts(selection)).dead).toBe(expected.length);
});

test("a letter that died for the want of a tenant is that tenant's once its account is", async () => {
  await assignAccounts(database.orm, [{ provider: "meta", externalId: "17", tenantName: "Mill" }], uuidv7);
  expect(await found({ tenant: "Mill" })).toEqual(["page"]);
});

test("a tally tells how many are dead of what", async () => {
  expect(await letters.countsByError({ integration: "whatsapp" })).toEqual([
    { queue: "whatsapp-inbound", errorKind: "permanent", error: "not a message we know", letters: 1 },
    { queue: "whatsapp-inbound", errorKind: "retryable", error: "took 100% of 20 s", letters: 1 },
  ]);
  expect(await letters.counts({})).toEqual({ dead: 3, replaying: 0, resolved: 0, discarded: 1 });
});
