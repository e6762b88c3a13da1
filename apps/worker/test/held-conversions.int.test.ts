import { afterEach, describe, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { assignSources, createConversionReport } from "@millrace/db";
import { queueStores, until } from "@millrace/testing";
import { openConversations } from "./conversations-setup.ts";

const ROUTE = "/api/integrations/google/offline-conversion";
const SALE = { timestamp: "2026-03-01T12:00:00+03:00", value: "12.50", currency: "EUR" };

type Row = { transaction_id: string; status: string; error: string | null };

describe.each(queueStores())("conversions that are held, on $kind:", (store) => {
  let setup: Awaited<ReturnType<typeof openConversations>>;
  afterEach(() => setup.close());

  const open = async (variables: Record<string, string>) => {
    setup = await openConversations(store, { variables: { N8N_WEBHOOK_ENABLED: "false", ...variables } });
    await assignSources(setup.database.orm, [{ provider: "google", externalId: "*", tenantName: "Mill" }], uuidv7);
    setup.work({ batchWindowMs: 100, batchStepMs: 50 });
  };
  const report = (transactionId: string, consent?: object) =>
    setup.call(ROUTE, { ...SALE, gclid: `click-${transactionId}`, transactionId, consent });
  const rowsAre = (...expected: readonly Row[]) =>
    until("the rows are as expected", async () => {
      const found = await setup.rows.rows<Row>(
        "select transaction_id, status, error from conversion_uploads order by transaction_id",
      );
      return JSON.stringify(found) === JSON.stringify(expected);
    });
  const taken = async () =>
    ((await (await fetch(`${setup.sandboxUrl}/_conversions`)).json()) as { transactionId: string }[]).map(
      ({ transactionId }) => transactionId,
    );

  test("what nobody said may be used waits until an operator lets it go, and the rest does not wait for it", async () => {
    await open({ GOOGLE_CONSENT_MISSING: "held" });
    expect(await report("a")).toMatchObject({ held: true });
    expect(await report("b", { adUserData: "granted" })).not.toHaveProperty("held");
    const b = { transaction_id: "b", status: "sent", error: null };
    await rowsAre({ transaction_id: "a", status: "held", error: "no_consent" }, b);
    expect(await taken()).toEqual(["b"]);
    const conversions = createConversionReport(setup.database, uuidv7);
    expect(await conversions.release(["switched_off"], { actor: "Bea" })).toBe(0);
    expect(await conversions.release(["no_consent"], { actor: "Bea" })).toBe(1);
    await rowsAre({ transaction_id: "a", status: "sent", error: null }, b);
    expect(await taken()).toEqual(["b", "a"]);
  });

  test("switched off, all are held, for missing consent first", async () => {
    await open({ GOOGLE_ADS_OFFLINE_ENABLED: "false", GOOGLE_CONSENT_MISSING: "held" });
    expect(await report("a")).toMatchObject({ held: true });
    expect(await report("b", { adUserData: "denied" })).toMatchObject({ held: true });
    await rowsAre(
      { transaction_id: "a", status: "held", error: "no_consent" },
      { transaction_id: "b", status: "held", error: "switched_off" },
    );
    expect(await taken()).toEqual([]);
  });
});
