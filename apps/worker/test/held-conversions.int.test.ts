import { afterEach, describe, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { createConversionReport } from "@millrace/db";
import { queueStores, until } from "@millrace/testing";
import { openSales, type SaleRow, type Sales } from "./sales.ts";

const ROUTE = "/api/integrations/google/offline-conversion";
const SALE = { timestamp: "2026-03-01T12:00:00+03:00", value: "12.50", currency: "EUR" };

describe.each(queueStores())("conversions that are held, on $kind:", (store) => {
  let sales: Sales;
  afterEach(() => sales.close());

  const report = (transactionId: string, consent?: object) =>
    sales.conversations.call(ROUTE, { ...SALE, gclid: `click-${transactionId}`, transactionId, consent });
  const rowsAre = (...expected: Partial<SaleRow>[]) =>
    until("the rows are as expected", async () => {
      const found = (await sales.rows()).map(({ status, error }) => ({ status, error }));
      return JSON.stringify(found) === JSON.stringify(expected);
    });

  test("what nobody said may be used waits until an operator lets it go, and the rest does not wait for it", async () => {
    sales = await openSales(store, { GOOGLE_CONSENT_MISSING: "held" });
    sales.work();
    expect(await report("a")).toMatchObject({ held: true });
    expect(await report("b", { adUserData: "granted" })).not.toHaveProperty("held");
    const sent = { status: "sent", error: null };
    await rowsAre({ status: "held", error: "no_consent" }, sent);
    expect(await sales.counted()).toEqual(["b"]);
    const conversions = createConversionReport(sales.conversations.database, uuidv7);
    expect(await conversions.release(["switched_off"], { actor: "Bea" })).toBe(0);
    expect(await conversions.release(["no_consent"], { actor: "Bea" })).toBe(1);
    await rowsAre(sent, sent);
    expect(await sales.counted()).toEqual(["b", "a"]);
  });

  test("what was held for missing consent goes once it is told again with it, and once only", async () => {
    sales = await openSales(store, { GOOGLE_CONSENT_MISSING: "held" });
    sales.work();
    for (const id of ["a", "b"]) await report(id);
    const held = { status: "held", error: "no_consent" };
    await rowsAre(held, held);
    expect(await report("a", { adUserData: "granted" })).not.toHaveProperty("held");
    const sent = { status: "sent", error: null };
    await rowsAre(sent, held);
    for (const adPersonalization of ["granted", "denied"])
      await report("a", { adUserData: "granted", adPersonalization });
    await report("b", { adPersonalization: "granted" });
    await until("all are done", async () => (await sales.conversations.jobs()).unfinished <= 1);
    await rowsAre(sent, held);
    expect(await sales.taken()).toMatchObject([{ transactionId: "a", adUserData: "CONSENT_GRANTED" }]);
  });

  test("switched off, all are held, for missing consent first", async () => {
    sales = await openSales(store, { GOOGLE_ADS_OFFLINE_ENABLED: "false", GOOGLE_CONSENT_MISSING: "held" });
    sales.work();
    expect(await report("a")).toMatchObject({ held: true });
    expect(await report("b", { adUserData: "denied" })).toMatchObject({ held: true });
    await rowsAre({ status: "held", error: "no_consent" }, { status: "held", error: "switched_off" });
    expect(await sales.counted()).toEqual([]);
  });
});
