import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Conversion } from "@millrace/core";
import { defaultQueueStore } from "@millrace/testing";
import { openConversionHarness, type ConversionRow, type ConversionHarness } from "./conversion-harness.ts";

/** Cases of the property; each takes about half a second. */
const RUNS = 20;

/** The account and the action of the conversions. */
const ACCOUNT = "1234567890";
const ACTION = "7001";

/** A kind of conversion: its content, and Google's rejection at the upload or error in the processing. */
type Kind = { content?: Partial<Conversion>; gclid?: string; isDuplicate?: true; rejection?: string; error?: string };

const KINDS: Readonly<Record<string, Kind>> = {
  good: {},
  duplicate: { isDuplicate: true },
  "fails once": { gclid: "internal" },
  "fails twice": { gclid: "internal2" },
  "fails always": { gclid: "internal9", error: "INTERNAL_ERROR" },
  "invalid currency": { content: { currency: "EURO" }, rejection: "INVALID_CURRENCY_CODE (currency)" },
  "invalid time": { content: { convertedAt: "yesterday" }, rejection: "INVALID_FORMAT (event_timestamp)" },
  "invalid hash": { content: { emailHash: "ada" }, rejection: "INVALID_HEX_ENCODING (user_data.user_identifiers[0])" },
  "invalid click": { gclid: "invalid", error: "INVALID_GCLID" },
  "too old": { gclid: "old", error: "EVENT_TOO_OLD" },
  denied: { content: { consent: { adUserData: "denied" } }, error: "DENIED_CONSENT" },
};

const kind = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("good", "duplicate") },
  { weight: 2, arbitrary: fc.constantFrom(...Object.keys(KINDS)) },
);

/** A format of Google's rejections: `no_field` does not name the invalid conversions. */
const wording = fc.record({
  fault: fc.constantFrom("no_field", "other_spelling"),
  share: fc.constantFrom(0.3, 0.7, 1),
});

const mix = fc.record({
  kinds: fc.array(kind, { minLength: 1, maxLength: 30 }),
  maxBatch: fc.integer({ min: 1, max: 12 }),
  wording: fc.option(wording, { nil: undefined }),
});

describe("conversions of any kind in batches of any size", () => {
  const store = defaultQueueStore();
  let harness: ConversionHarness;
  beforeAll(async () => {
    harness = await openConversionHarness(store);
  });
  afterAll(() => harness.close());

  let run = 0;

  test("13: every valid conversion counts once, and each invalid one is rejected alone, with the reason that Google names", async () => {
    await fc.assert(
      fc.asyncProperty(mix, async ({ kinds, maxBatch, wording }) => {
        run += 1;
        const reported = kinds.map((name, nth) => ({ ...KINDS[name], id: `${run}-${nth}` }));
        await fetch(`${harness.conversations.sandboxUrl}/_faults`, { method: "DELETE" });
        if (wording)
          await harness.conversations.injectFault({ match: { api: "google", step: "ingest" }, ...wording, seed: run });
        await uploadElsewhere(reported.filter(({ isDuplicate }) => isDuplicate));
        await insert(reported);
        const worker = harness.startWorker({
          batchWindowMs: 0,
          batchStepMs: 20,
          uploads: {
            maxBatch,
            statusCheckAfterMs: () => 20,
            retryAfterMs: (attempts) => (attempts < 4 ? 20 : undefined),
            requestRate: { intervalMs: 1, burst: 20 },
          },
        });
        const rows = await harness.processUntil("all have ended", async () => {
          const found = await ofRun(run);
          return [...found.values()].every(({ status }) => status !== "queued" && status !== "sent") && found;
        });
        await worker.stop(1_000);

        const counted = (await harness.counted()).filter((id) => id.startsWith(`${run}-`));
        const expectedIds = reported.filter(({ rejection, error }) => !rejection && !error).map(({ id }) => id);
        expect(counted.sort()).toEqual(expectedIds.sort());
        const refused = reported.filter(({ rejection }) => rejection !== undefined);
        const unnamed = wording?.fault === "no_field" ? ["INVALID_ARGUMENT"] : [];
        for (const { id, rejection } of refused) {
          expect(rows.get(id)?.status).toBe("rejected");
          expect([rejection, ...unnamed]).toContain(rows.get(id)?.error);
        }
        const taken = reported.filter(({ rejection }) => rejection === undefined);
        for (const batch of Map.groupBy(taken, ({ id }) => rows.get(id)?.batch_id).values()) {
          const expected = outcomeOf(batch.map(({ error }) => error));
          for (const { id } of batch) expect(rows.get(id)).toMatchObject(expected);
        }
        expect((await harness.conversations.jobCounts()).failed).toBe(0);
      }),
      // Shrinking is off because each case takes half a second.
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 60_000);

  async function ofRun(nth: number): Promise<Map<string, ConversionRow>> {
    const rows = await harness.rows();
    return new Map(
      rows.flatMap((row) => (row.transaction_id.startsWith(`${nth}-`) ? [[row.transaction_id, row]] : [])),
    );
  }

  /** Inserts conversions that wait for a batch, in order. */
  async function insert(reported: readonly (Kind & { id: string })[]): Promise<void> {
    const payloads = reported.map(({ id, content, gclid = "click" }) => ({
      transactionId: id,
      accountId: ACCOUNT,
      actionId: ACTION,
      click: { kind: "gclid", id: `${gclid}-${id}` },
      convertedAt: "2026-03-01T12:00:00+03:00",
      consent: {},
      eventSource: "WEB",
      ...content,
    }));
    await harness.conversations.rows.rows(`
      insert into conversion_uploads (id, integration, tenant_id, transaction_id, account_id, conversion_action_id, status,
        converted_at, payload, created_at)
      select gen_random_uuid(), 'google', tenants.id, one ->> 'transactionId', '${ACCOUNT}', '${ACTION}', 'queued', now(), one,
        now() - interval '1 s' + nth * interval '1 ms'
      from tenants, jsonb_array_elements('${JSON.stringify(payloads)}') with ordinality as reported (one, nth)`);
  }

  /** Uploads conversions to Google without Millrace. */
  async function uploadElsewhere(reported: readonly { id: string }[]): Promise<void> {
    if (reported.length === 0) return;
    const operatingAccount = { accountType: "GOOGLE_ADS", accountId: ACCOUNT };
    await fetch(`${harness.conversations.sandboxUrl}/datamanager/v1/events:ingest`, {
      method: "POST",
      headers: { authorization: "Bearer other" },
      body: JSON.stringify({
        destinations: [{ operatingAccount, productDestinationId: ACTION }],
        events: reported.map(({ id }) => ({
          transactionId: id,
          eventTimestamp: "2026-03-01T12:00:00+03:00",
          adIdentifiers: { gclid: `click-${id}` },
        })),
      }),
    });
  }
});

/** The result of the conversions of one batch, from Google's error for each. */
function outcomeOf(errors: readonly (string | undefined)[]): Partial<ConversionRow> {
  const [first, ...others] = new Set(errors.filter((error) => error !== undefined));
  if (first === undefined) return { status: "processed", error: null };
  if (errors.includes(undefined)) return { status: "partially processed", error: null };
  return { status: "rejected", error: others.length === 0 ? first : null };
}
