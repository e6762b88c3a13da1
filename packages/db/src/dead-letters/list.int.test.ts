import { eq, sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { type DeadLetterSelection, type ExhaustedJob, uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { deadLetters } from "../schema/index.ts";
import { createDeadLetterList } from "./list.ts";
import { createDeadLetters } from "./record.ts";
import { createReplays } from "./replays.ts";
import { assignAccounts } from "../accounts/accounts.ts";

const AT = new Date("2026-03-01T12:00:00Z");

const database = useDatabase(4);
const list = createDeadLetterList(database);

beforeAll(async () => {
  const record = createDeadLetters(database, uuidv7).record;
  await record(
    job("page", {
      integration: "meta",
      queue: "meta-inbound",
      account: "17",
      error: "no tenant owns page 17 of Ärzte",
    }),
  );
  await record(job("percent", { error: "took 100% of 20 s", errorKind: "retryable", attempts: 8 }));
  await record(job("later", { failedAt: new Date(AT.getTime() + 60_000) }));
  await record(job("gone", {}));
  const gone = await list.ofJob("whatsapp-inbound", "gone");
  await createReplays(database, uuidv7, () => AT).discard({ ids: [gone?.id ?? ""] }, { actor: "grace" });
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
  (await list.select(selection, ["dead"], { offset: 0, limit: 10 })).deadLetters.map(({ jobId }) => jobId);

test.each<[string, DeadLetterSelection, string[]]>([
  ["an empty selection", {}, ["later", "page", "percent"]],
  ["queue", { queue: "meta-inbound" }, ["page"]],
  ["integration", { integration: "whatsapp" }, ["later", "percent"]],
  ["error kind", { errorKind: "retryable" }, ["percent"]],
  ["a part of the error, ignoring case", { text: "NO TENANT" }, ["page"]],
  ["a part of the error with characters other than ASCII", { text: "OF Ärzte" }, ["page"]],
  ["a percent sign, which is no wildcard", { text: "100%" }, ["percent"]],
  ["an underscore, which is no wildcard", { text: "not_a" }, []],
  ["start time", { since: "2026-03-01T12:01:00Z" }, ["later"]],
  ["end time", { until: "2026-03-01T13:01:00+01:00" }, ["page", "percent"]],
  ["several criteria", { integration: "whatsapp", errorKind: "permanent" }, ["later"]],
  ["a tenant without dead letters", { tenant: "Mill" }, []],
])("dead letters are selected by %s", async (_, selection, expected) => {
  const { deadLetters, counts } = await list.select(selection, ["dead"], { offset: 0, limit: 10 });
  expect(deadLetters.map(({ jobId }) => jobId).sort()).toEqual(expected);
  expect(counts.dead).toBe(expected.length);
  expect((await list.preview(selection)).count).toBe(expected.length);
});

test("a dead letter without a tenant belongs to the tenant that its account is assigned to later", async () => {
  await assignAccounts(database.orm, [{ provider: "meta", externalId: "17", tenantName: "Mill" }], uuidv7);
  expect(await found({ tenant: "Mill" })).toEqual(["page"]);
});

test("dead letters are counted by queue and error", async () => {
  expect(await list.preview({ integration: "whatsapp" })).toEqual({
    count: 2,
    isExact: true,
    countsByError: [
      { queue: "whatsapp-inbound", errorKind: "permanent", error: "not a message we know", count: 1 },
      { queue: "whatsapp-inbound", errorKind: "retryable", error: "took 100% of 20 s", count: 1 },
    ],
  });
  expect(await list.counts()).toEqual({ dead: 3, replaying: 0, resolved: 0, discarded: 1 });
});

test("a page of a selection begins at its offset, latest failure first, and the counts are of the whole selection", async () => {
  const page = (offset: number) =>
    list.select({ integration: "whatsapp" }, ["dead", "discarded"], { offset, limit: 2 });
  expect((await page(0)).deadLetters[0]?.jobId).toBe("later");
  expect((await page(0)).deadLetters).toHaveLength(2);
  expect((await page(2)).deadLetters).toHaveLength(1);
  expect((await page(2)).counts).toEqual({ dead: 2, discarded: 1 });
});

test("more than 10,000 dead letters of a selection are not counted, and every page of them is listed", async () => {
  const [oldest] = await list
    .select({ queue: "meta-inbound" }, ["dead"], { offset: 0, limit: 1 })
    .then((found) => found.deadLetters);
  await database.orm.execute(sql`
    insert into millrace.dead_letters (id, queue, job_id, integration, event_id, kind, payload, payload_hash, error_kind, error,
      attempts, state, correlation_id, received_at, first_failed_at, failed_at)
    select gen_random_uuid(), queue, 'many-' || place, integration, event_id, kind, payload, payload_hash, error_kind, error,
      attempts, state, correlation_id, received_at, first_failed_at, failed_at + place * interval '1 s'
    from millrace.dead_letters, generate_series(1, 10000) as place where job_id = 'page'`);
  const selection = { queue: "meta-inbound" };
  const last = await list.select(selection, ["dead", "discarded"], { offset: 10_000, limit: 10 });
  expect(last).toEqual({ deadLetters: [oldest], counts: { dead: 10_000, discarded: 0 }, isExact: false });
  expect(await list.preview(selection)).toMatchObject({ count: 10_000, isExact: false });
  await database.orm.delete(deadLetters).where(eq(deadLetters.id, oldest?.id ?? ""));
  const all = await list.select(selection, ["dead"], { offset: 0, limit: 1 });
  expect(all).toMatchObject({ counts: { dead: 10_000 }, isExact: true });
  expect(await list.preview(selection)).toMatchObject({ count: 10_000, isExact: true });
  expect(await list.counts()).toEqual({ dead: 10_002, replaying: 0, resolved: 0, discarded: 1 });
});
