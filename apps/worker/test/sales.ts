import { type Environment, uuidv7 } from "@millrace/core";
import { assignAccounts } from "@millrace/db";
import { type QueueStore, until } from "@millrace/testing";
import { openConversations } from "./conversations-setup.ts";
import type { QuickTimings } from "./conversations-worker.ts";

const ROUTE = "/api/integrations/google/offline-conversion";
const AT = "2026-03-01T12:00:00+03:00";

/** A conversion as its row stands. */
export type SaleRow = { transaction_id: string; status: string; error: string | null; batch_id: string | null };

/** A conversion as Google took it; without a reason it counts. */
type Taken = { transactionId: string; reason?: string };

/** See {@link openSales}. */
export type Sales = Awaited<ReturnType<typeof openSales>>;

/** Sales on their way to Google, for tests: from our own route to the sandbox, which plays Google. */
export async function openSales(store: QueueStore, variables: Environment = {}) {
  const conversations = await openConversations(store, {
    variables: { GOOGLE_STATUS_AFTER_MS: "300", N8N_WEBHOOK_ENABLED: "false", N8N_DISPATCH_URL: "", ...variables },
  });
  await assignAccounts(
    conversations.database.orm,
    [{ provider: "google", externalId: "*", tenantName: "Mill" }],
    uuidv7,
  );
  const process = () => fetch(`${conversations.sandboxUrl}/_datamanager/process`, { method: "POST" });
  const taken = async () => (await (await fetch(`${conversations.sandboxUrl}/_conversions`)).json()) as Taken[];
  return {
    conversations,
    /** Starts a worker that gathers quickly. */
    work: (timings: QuickTimings = {}) =>
      conversations.work({ batchWindowMs: 200, batchStepMs: 50, batchIdleMs: 500, ...timings }),
    report: (transactionId: string, gclid = `click-${transactionId}`) =>
      conversations.call(ROUTE, { gclid, timestamp: AT, value: "12.50", currency: "EUR", transactionId }),
    rows: () =>
      conversations.rows.rows<SaleRow>(
        "select transaction_id, status, error, batch_id from conversion_uploads order by transaction_id",
      ),
    /** What Google took, in that order. */
    taken,
    /** The transactions that count with Google, each as often as it does. */
    counted: async () => (await taken()).flatMap(({ transactionId, reason }) => (reason ? [] : transactionId)),
    /** Has Google end its processing of what it took. */
    process,
    /** Has Google process whatever it takes, until something is so. */
    processUntil: <T>(what: string, condition: () => Promise<T | false> | T | false) =>
      until(what, async () => {
        await process();
        return condition();
      }),
    close: conversations.close,
  };
}
