import { contentHash, type FollowUp, type InboundEvent } from "@millrace/core";
import { erasedEventId } from "../erasure/erased-values.ts";
import { execute, type Transaction } from "./statement.ts";

/** Sorted, so that two batches with the same events cannot deadlock. */
const CLAIM = `
  insert into millrace.webhook_events
    (id, integration, event_id, kind, payload_hash, status, result, correlation_id, received_at)
  select id, integration, event_id, kind, payload_hash, 'done', 'written', correlation_id, received_at
  from json_to_recordset($1::json) as event (id uuid, integration text, event_id text, erased_id text, kind text,
    payload_hash text, correlation_id text, received_at timestamptz)
  where not exists (
    select from millrace.webhook_events as erased
    where erased.integration = event.integration and erased.event_id = event.erased_id offset 0)
  order by integration, event_id
  on conflict do nothing
  returning id`;

/**
 * Claims events for this transaction. Returns the ids of the rows that it wrote. An event without a row is done, dead,
 * discarded or erased, or occurs twice.
 */
export async function claimEvents(
  tx: Transaction,
  events: readonly { id: string; event: InboundEvent }[],
): Promise<ReadonlySet<string>> {
  const rows = events.map(({ id, event }) => ({
    id,
    integration: event.integration,
    event_id: event.id,
    erased_id: erasedEventId(event.id),
    kind: event.kind,
    payload_hash: contentHash(event.payload),
    correlation_id: event.correlationId,
    received_at: event.receivedAt,
  }));
  const claimed = await execute<{ id: string }>(tx, CLAIM, rows);
  return new Set(claimed.map(({ id }) => id));
}

const RECORD_FOLLOW_UPS = `
  update millrace.webhook_events as event set follow_ups = recorded.follow_ups
  from json_to_recordset($1::json) as recorded (id uuid, follow_ups jsonb)
  where event.id = recorded.id`;

/** Records the follow-up jobs of claimed events. */
export async function recordFollowUps(
  tx: Transaction,
  events: readonly { id: string; followUps: readonly FollowUp[] }[],
): Promise<void> {
  const rows = events.filter(({ followUps }) => followUps.length > 0);
  if (rows.length === 0) return;
  await execute(
    tx,
    RECORD_FOLLOW_UPS,
    rows.map(({ id, followUps }) => ({ id, follow_ups: followUps })),
  );
}
