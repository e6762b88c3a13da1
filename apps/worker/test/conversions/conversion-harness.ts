import { type Environment, uuidv7 } from "@millrace/core";
import { assignAccounts } from "@millrace/db";
import { type QueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";
import type { WorkerTestTimings } from "../harness/conversation-worker.ts";

const ROUTE = "/api/integrations/google/offline-conversion";
const AT = "2026-03-01T12:00:00+03:00";

/** A row of conversion_uploads. */
export type ConversionRow = { transaction_id: string; status: string; error: string | null; batch_id: string | null };

/** A conversion that Google received; it counts unless it has a reason. */
type ReceivedConversion = { transactionId: string; reason?: string };

/** See {@link openConversionHarness}. */
export type ConversionHarness = Awaited<ReturnType<typeof openConversionHarness>>;

/** Conversions from the API route to the sandbox in place of Google. */
export async function openConversionHarness(store: QueueStore, variables: Environment = {}) {
  const conversations = await openConversationHarness(store, {
    variables: { GOOGLE_STATUS_AFTER_MS: "300", N8N_WEBHOOK_ENABLED: "false", N8N_DISPATCH_URL: "", ...variables },
  });
  await assignAccounts(
    conversations.database.orm,
    [{ provider: "google", externalId: "*", tenantName: "Mill" }],
    uuidv7,
  );
  const process = () => fetch(`${conversations.sandboxUrl}/_datamanager/process`, { method: "POST" });
  const received = async () =>
    (await (await fetch(`${conversations.sandboxUrl}/_conversions`)).json()) as ReceivedConversion[];
  return {
    conversations,
    /** Starts a worker with short batch times. */
    startWorker: (timings: WorkerTestTimings = {}) =>
      conversations.startWorker({ batchWindowMs: 200, batchStepMs: 50, batchIdleMs: 500, ...timings }),
    report: (transactionId: string, gclid = `click-${transactionId}`) =>
      conversations.call(ROUTE, { gclid, timestamp: AT, value: "12.50", currency: "EUR", transactionId }),
    rows: () =>
      conversations.rows.rows<ConversionRow>(
        "select transaction_id, status, error, batch_id from conversion_uploads order by transaction_id",
      ),
    /** The conversions that Google received, in order. */
    received,
    /** The transaction ids that Google counts, each as often as it counts. */
    counted: async () => (await received()).flatMap(({ transactionId, reason }) => (reason ? [] : transactionId)),
    /** Makes Google process what it received. */
    process,
    /** Makes Google process what it receives until the condition holds. */
    processUntil: <T>(what: string, condition: () => Promise<T | false> | T | false) =>
      until(what, async () => {
        await process();
        return condition();
      }),
    close: conversations.close,
  };
}
