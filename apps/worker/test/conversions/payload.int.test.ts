import { afterEach, describe, expect, test } from "vitest";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversionHarness, type ConversionHarness } from "./conversion-harness.ts";

const ROUTE = "/api/integrations/google/offline-conversion";
const ADA = { email: "ada@example.com", phone: "+15551230001" };
const SALE = { timestamp: "2026-03-01T12:00:00+03:00", value: "12.50", currency: "EUR", ...ADA };

describe("personal data in conversions", () => {
  const store = defaultQueueStore();
  let harness: ConversionHarness;
  afterEach(() => harness.close());

  const report = (transactionId: string, gclid = `click-${transactionId}`) =>
    harness.conversations.call(ROUTE, { ...SALE, gclid, transactionId });
  const hashed = async () =>
    (
      await harness.conversations.rows.rows<{ transaction_id: string }>(
        "select transaction_id from conversion_uploads where payload::text like '%Hash%' order by 1",
      )
    ).map((row) => row.transaction_id);
  const statuses = async () =>
    (await harness.rows()).map(({ transaction_id, status }) => `${transaction_id} ${status}`);
  const statusesAre = (...expected: string[]) =>
    until("the statuses are as expected", async () => String(await statuses()) === String(expected));

  test("the hashes of email and phone are deleted once a conversion needs no more upload", async () => {
    harness = await openConversionHarness(store);
    for (const id of ["a", "b"]) await report(id);
    const worker = harness.startWorker({ batchWindowMs: 3_600_000 });
    await statusesAre("a queued", "b queued");
    await worker.stop(100);
    await harness.conversations.rows.rows(
      `update conversion_uploads set payload = jsonb_set(payload, '{currency}', '"EURO"') where transaction_id = 'b'`,
    );
    expect(await hashed()).toEqual(["a", "b"]);
    harness.startWorker();
    await statusesAre("a sent", "b rejected");
    expect(await hashed()).toEqual(["a"]);
    await harness.processUntil("it is processed", async () => (await statuses()).includes("a processed"));
    expect(await hashed()).toEqual([]);
  });

  test("a batch whose conversions are all erased before the upload ends without one", async () => {
    harness = await openConversionHarness(store);
    await harness.conversations.injectFault({ match: { api: "google", step: "ingest" }, fault: "http_503", times: 1 });
    await report("a");
    harness.startWorker();
    const { rows } = harness.conversations.rows;
    const requests = async () =>
      (await (await fetch(`${harness.conversations.sandboxUrl}/_requests`)).json()) as unknown[];
    await until("the upload has failed once", async () => (await requests()).length > 0);
    await rows(`update conversion_uploads set status = 'rejected', error = 'erased', payload = '{"erased": true}'`);
    await until("no job is unfinished", async () => (await harness.conversations.jobCounts()).unfinished === 0);
    expect(await rows("select state from millrace.conversion_batches")).toEqual([{ state: "rejected" }]);
    expect(await harness.received()).toEqual([]);
  });

  test("a conversion that is erased while Google processes it is not uploaded again", async () => {
    harness = await openConversionHarness(store);
    await report("a", "internal-click");
    harness.startWorker();
    await statusesAre("a sent");
    await harness.conversations.rows.rows(`update conversion_uploads set payload = '{"erased": true}'`);
    await harness.processUntil("it has ended", async () => (await statuses()).includes("a rejected"));
    expect(await harness.rows()).toMatchObject([{ error: "erased" }]);
    expect(await harness.received()).toHaveLength(1);
    expect(await harness.conversations.rows.rows("select state from millrace.conversion_batches")).toEqual([
      { state: "failed" },
    ]);
  });
});
