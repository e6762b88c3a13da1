import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ConversionUploads,
  type Environment,
  EVENT_VERSION,
  type FollowUp,
  type Http,
  type InboundEvent,
  parseJsonBody,
  ProviderError,
  uuidv7,
} from "@millrace/core";
import {
  assignAccounts,
  createConversionBatches,
  createInbox,
  createRateLimits,
  type Database,
  isOutage,
  openDatabase,
} from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { createSandboxApp } from "@millrace/sandbox";
import { openRows, recordingLogger, useTestDatabase } from "@millrace/testing";
import { createUploadProcessor } from "../../src/capabilities/conversions/uploads.ts";

const BATCHES = 300;
const WORKERS = 3;
const CONCURRENCY = 8;

/** Google's limit: https://developers.google.com/data-manager/api/devguides/limits */
const PER_MINUTE = 300;

/** How long no worker runs, after the first 30 s. */
const WITHOUT_WORKER_MS = 600_000;

const testDatabase = useTestDatabase();
let databases: Database[];
let rows: ReturnType<typeof openRows>;

/** Its schema replaces Postgres's own now() by the clock of the test. */
const CLOCK = `
  create schema test_clock;
  create table test_clock.clock as select now() as at;
  create function test_clock.now() returns timestamptz language sql stable as 'select at from test_clock.clock'`;

beforeAll(async () => {
  const url = `${testDatabase.url}?search_path=test_clock,pg_catalog,public`;
  databases = Array.from({ length: WORKERS }, (_, index) =>
    openDatabase(url, { maxConnections: 4, name: `test-worker-${index}` }),
  );
  rows = openRows(testDatabase.url);
  for (const statement of CLOCK.split(";")) await rows.rows(statement);
});
afterAll(async () => {
  await rows.close();
  for (const database of databases) await database.close();
});

test("all workers together stay within Google's requests per minute, also after failures and a time without workers", async () => {
  const start = Date.UTC(2026, 10, 20, 10);
  let ms = start;
  const now = () => new Date(ms);
  const app = createSandboxApp({ now, processingMs: 60_000 });
  const fault = { match: { api: "google" }, fault: "http_503", share: 0.3 };
  await app.request("/_faults", { method: "POST", body: JSON.stringify(fault) });
  const uploads = googleUploads({ GOOGLE_STATUS_AFTER_MS: "30000" });

  /** The queue: each job with the time at which it runs. */
  let waiting: { event: InboundEvent; at: number }[] = [];
  const enqueue = (followUps: readonly FollowUp[]) => {
    for (const { notBefore, id, kind, payload, integration } of followUps)
      waiting.push({
        event: { v: EVENT_VERSION, integration, id, kind, payload, correlationId: id, receivedAt: now().toISOString() },
        at: notBefore === undefined ? ms : Date.parse(notBefore),
      });
  };
  const workers = databases.map((database) =>
    createUploadProcessor({
      uploads,
      batches: createConversionBatches(database, uuidv7),
      inbox: createInbox(database, uuidv7),
      limits: createRateLimits(database),
      followUps: { enqueue: async (_, followUps) => enqueue(followUps), close: async () => undefined },
      isOutage,
      ports: { http: httpOf(app), log: recordingLogger().log, now },
    }),
  );

  const [first] = databases;
  if (!first) throw new Error("no worker");
  await assignAccounts(first.orm, [{ provider: "google", externalId: "*", tenantName: "Mill" }], uuidv7);
  await rows.rows(`
    insert into conversion_uploads (id, integration, tenant_id, transaction_id, account_id, conversion_action_id, status, converted_at, payload)
    select gen_random_uuid(), 'google', tenants.id, n, '1', '7', 'queued', now(), jsonb_build_object('transactionId', n::text,
      'accountId', '1', 'actionId', '7', 'click', jsonb_build_object('kind', 'gclid', 'id', 'click-' || n),
      'convertedAt', '2026-11-20T09:00:00Z', 'consent', '{}'::jsonb, 'eventSource', 'WEB')
    from tenants, generate_series(1, ${BATCHES}) as n`);
  enqueue(
    await createConversionBatches(first, uuidv7).form({ integration: "google", maxBatch: 1, windowMs: 0 }, now()),
  );

  let shownMs = 0;
  let withoutWorkerMs = WITHOUT_WORKER_MS;
  while (waiting.length > 0) {
    waiting.sort((one, two) => one.at - two.at);
    ms = Math.max(ms, waiting[0]?.at ?? 0);
    if (ms > start + 30_000) {
      ms += withoutWorkerMs;
      withoutWorkerMs = 0;
    }
    if (ms !== shownMs) await rows.rows(`update test_clock.clock set at = '${now().toISOString()}'`);
    shownMs = ms;
    const due = waiting.filter(({ at }) => at <= ms).slice(0, WORKERS * CONCURRENCY);
    waiting = waiting.filter((job) => !due.includes(job));
    await Promise.all(
      due.map(async ({ event }, index) => {
        const result = await workers[index % WORKERS]?.process(event, new AbortController().signal).catch(retryLater);
        if (result && "until" in result) waiting.push({ event, at: result.until.getTime() });
      }),
    );
  }
  function retryLater(error: unknown) {
    if (error instanceof ProviderError && error.next.kind === "unavailable") return { until: new Date(ms + 1_000) };
    throw error;
  }

  expect(await rows.rows("select status, count(*)::int from conversion_uploads group by 1")).toEqual([
    { status: "processed", count: BATCHES },
  ]);
  const requests = (await (await app.request("/_requests")).json()) as { at: string }[];
  expect(requests.length).toBeGreaterThan(2 * BATCHES);
  const times = requests.map(({ at }) => Date.parse(at));
  const inAMinute = times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length);
  expect(Math.max(...inAMinute)).toBeLessThanOrEqual(PER_MINUTE);
}, 60_000);

function googleUploads(environment: Environment): ConversionUploads {
  const google = integrations.find(({ id }) => id === "google");
  const uploads = google?.capabilities?.conversions?.read(
    google.local.endpoints(environment, "http://sandbox.example"),
  );
  if (!uploads) throw new Error("the google integration does not upload conversions");
  return uploads;
}

function httpOf(app: ReturnType<typeof createSandboxApp>): Http {
  return async ({ url, method, headers = {}, body }) => {
    const response = await app.request(url, { method, headers, ...(body === undefined ? {} : { body }) });
    const parsed = parseJsonBody(new Uint8Array(await response.arrayBuffer()));
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      json: parsed.ok ? parsed.value : undefined,
    };
  };
}
