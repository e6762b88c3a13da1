import type { SentMessage } from "@millrace/sandbox";
import { until } from "@millrace/testing";
import type { openConversationHarness } from "../harness/conversation-harness.ts";
import type { WorkerTestTimings } from "../harness/conversation-worker.ts";

/**
 * Timings that run the reconciler several times a second. An attempt ends before its worker misses the lock of a lost job,
 * as in production, so that no send is aborted and uncertain.
 */
export const SHORT_RECONCILER: WorkerTestTimings = {
  reconcilerMs: 400,
  reconcilerAgeMs: 300,
  lockMs: 15_000,
  reconcileMs: 3_000,
};

/**
 * Opens conversations on WhatsApp with unsent texts in each. The queue does not have their jobs.
 * @param conversations with a worker that runs
 */
export async function queueTextsWithoutJobs(
  conversations: Awaited<ReturnType<typeof openConversationHarness>>,
  count: number,
  texts: readonly string[],
): Promise<void> {
  const phones = Array.from({ length: count }, (_, index) => String(15551230000 + index));
  await Promise.all(phones.map((phone) => conversations.receiveWhatsapp(phone, "Hello")));
  await until("every window is open", async () => (await conversations.messages()).length === count, 60_000);
  await conversations.rows.rows(
    `with conversation as (update conversations set last_position = ${texts.length} returning *)
     insert into messages (id, tenant_id, conversation_id, contact_id, channel, account_id, direction, author, type,
                           body, payload, status, position, sent_at)
     select gen_random_uuid(), tenant_id, id, contact_id, channel, account_id, 'outbound', 'person', 'text',
            text, jsonb_build_object('type', 'text', 'text', text), 'queued', place, now()
     from conversation, unnest(array[${texts.map((text) => `'${text}'`).join(", ")}]) with ordinality as texts (text, place)`,
  );
}

/** The texts that the platform received, in order, per recipient. */
export function textsByConversation(sent: readonly SentMessage[]): string[][] {
  return [...Map.groupBy(sent, ({ to }) => to).values()].map((ofOne) => ofOne.map(({ text }) => text ?? ""));
}
