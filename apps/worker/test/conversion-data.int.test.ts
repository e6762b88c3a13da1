import { afterEach, describe, expect, test } from "vitest";
import { queueStores, until } from "@millrace/testing";
import { openSales, type Sales } from "./sales.ts";

const ROUTE = "/api/integrations/google/offline-conversion";
const ADA = { email: "ada@example.com", phone: "+15551230001" };
const SALE = { timestamp: "2026-03-01T12:00:00+03:00", value: "12.50", currency: "EUR", ...ADA };

describe.each(queueStores())("what is personal in conversions, on $kind:", (store) => {
  let sales: Sales;
  afterEach(() => sales.close());

  const report = (transactionId: string, gclid = `click-${transactionId}`) =>
    sales.conversations.call(ROUTE, { ...SALE, gclid, transactionId });
  const hashed = async () =>
    (
      await sales.conversations.rows.rows<{ transaction_id: string }>(
        "select transaction_id from conversion_uploads where payload::text like '%Hash%' order by 1",
      )
    ).map((row) => row.transaction_id);
  const statuses = async () => (await sales.rows()).map(({ transaction_id, status }) => `${transaction_id} ${status}`);
  const statusesAre = (...expected: string[]) =>
    until("all are as expected", async () => String(await statuses()) === String(expected));

  test("the hashes of address and number go once nothing is to be uploaded any more, by whichever way", async () => {
    sales = await openSales(store);
    for (const id of ["a", "b"]) await report(id);
    const worker = sales.work({ batchWindowMs: 3_600_000 });
    await statusesAre("a queued", "b queued");
    await worker.stop(100);
    await sales.conversations.rows.rows(
      `update conversion_uploads set payload = jsonb_set(payload, '{currency}', '"EURO"') where transaction_id = 'b'`,
    );
    expect(await hashed()).toEqual(["a", "b"]);
    sales.work();
    await statusesAre("a sent", "b rejected");
    expect(await hashed()).toEqual(["a"]);
    await sales.processUntil("it is processed", async () => (await statuses()).includes("a processed"));
    expect(await hashed()).toEqual([]);
  });

  test("a batch of which all are erased before Google takes it ends, and makes no others", async () => {
    sales = await openSales(store);
    await sales.conversations.fail({ match: { api: "google", step: "ingest" }, fault: "http_503", times: 1 });
    await report("a");
    sales.work();
    const { rows } = sales.conversations.rows;
    const asked = async () => (await (await fetch(`${sales.conversations.sandboxUrl}/_requests`)).json()) as unknown[];
    await until("it waits to be sent again", async () => (await asked()).length > 0);
    await rows(`update conversion_uploads set status = 'rejected', error = 'erased', payload = '{"erased": true}'`);
    await until("nothing is left to do", async () => (await sales.conversations.jobs()).unfinished === 0);
    expect(await rows("select state from millrace.conversion_batches")).toEqual([{ state: "rejected" }]);
    expect(await sales.taken()).toEqual([]);
  });

  test("what is erased while Google has it is not sent again when Google fails at it", async () => {
    sales = await openSales(store);
    await report("a", "internal-click");
    sales.work();
    await statusesAre("a sent");
    await sales.conversations.rows.rows(`update conversion_uploads set payload = '{"erased": true}'`);
    await sales.processUntil("it has ended", async () => (await statuses()).includes("a rejected"));
    expect(await sales.rows()).toMatchObject([{ error: "erased" }]);
    expect(await sales.taken()).toHaveLength(1);
    expect(await sales.conversations.rows.rows("select state from millrace.conversion_batches")).toEqual([
      { state: "failed" },
    ]);
  });
});
