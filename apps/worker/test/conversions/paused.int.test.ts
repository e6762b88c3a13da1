import { afterEach, describe, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { createConversionReport } from "@millrace/db";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversionHarness, type ConversionRow, type ConversionHarness } from "./conversion-harness.ts";

const ROUTE = "/api/integrations/google/offline-conversion";
const SALE = { timestamp: "2026-03-01T12:00:00+03:00", value: "12.50", currency: "EUR" };

describe("held conversions", () => {
  const store = defaultQueueStore();
  let harness: ConversionHarness;
  afterEach(() => harness.close());

  const report = (transactionId: string, consent?: object) =>
    harness.conversations.call(ROUTE, { ...SALE, gclid: `click-${transactionId}`, transactionId, consent });
  const rowsAre = (...expected: Partial<ConversionRow>[]) =>
    until("the rows are as expected", async () => {
      const found = (await harness.rows()).map(({ status, error }) => ({ status, error }));
      return JSON.stringify(found) === JSON.stringify(expected);
    });

  test("a conversion without consent waits until an operator releases it, and the others do not wait", async () => {
    harness = await openConversionHarness(store, { GOOGLE_CONSENT_MISSING: "held" });
    harness.startWorker();
    expect(await report("a")).toMatchObject({ held: true });
    expect(await report("b", { adUserData: "granted" })).not.toHaveProperty("held");
    const sent = { status: "sent", error: null };
    await rowsAre({ status: "held", error: "no_consent" }, sent);
    expect(await harness.counted()).toEqual(["b"]);
    const conversions = createConversionReport(harness.conversations.database, uuidv7);
    expect(await conversions.release(["switched_off"], { actor: "Bea" })).toBe(0);
    expect(await conversions.release(["no_consent"], { actor: "Bea" })).toBe(1);
    await rowsAre(sent, sent);
    expect(await harness.counted()).toEqual(["b", "a"]);
  });

  test("a conversion held for missing consent is uploaded once when it is reported again with consent", async () => {
    harness = await openConversionHarness(store, { GOOGLE_CONSENT_MISSING: "held" });
    harness.startWorker();
    for (const id of ["a", "b"]) await report(id);
    const held = { status: "held", error: "no_consent" };
    await rowsAre(held, held);
    expect(await report("a", { adUserData: "granted" })).not.toHaveProperty("held");
    const sent = { status: "sent", error: null };
    await rowsAre(sent, held);
    for (const adPersonalization of ["granted", "denied"])
      await report("a", { adUserData: "granted", adPersonalization });
    await report("b", { adPersonalization: "granted" });
    await until("the jobs are done", async () => (await harness.conversations.jobCounts()).unfinished <= 1);
    await rowsAre(sent, held);
    expect(await harness.received()).toMatchObject([{ transactionId: "a", adUserData: "CONSENT_GRANTED" }]);
  });

  test("with uploads switched off every conversion is held, and a missing consent is the first reason", async () => {
    harness = await openConversionHarness(store, {
      GOOGLE_ADS_OFFLINE_ENABLED: "false",
      GOOGLE_CONSENT_MISSING: "held",
    });
    harness.startWorker();
    expect(await report("a")).toMatchObject({ held: true });
    expect(await report("b", { adUserData: "denied" })).toMatchObject({ held: true });
    await rowsAre({ status: "held", error: "no_consent" }, { status: "held", error: "switched_off" });
    expect(await harness.counted()).toEqual([]);
  });
});
