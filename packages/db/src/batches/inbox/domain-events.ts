import type { DomainEvent, NewId } from "@millrace/core";
import { execute, type Transaction } from "../statement.ts";

const APPEND = `
  insert into millrace.domain_events (id, tenant_id, type, subject_id, payload)
  select id, tenant_id, type, subject_id, payload
  from json_to_recordset($1::json) as event (place int, id uuid, tenant_id uuid, type text, subject_id text, payload jsonb)
  order by place`;

/** Appends the domain events of a batch in their order. */
export async function appendBatch(tx: Transaction, newId: NewId, events: readonly DomainEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ type, tenantId, subjectId, payload }, place) => ({
    place,
    id: newId(),
    tenant_id: tenantId ?? null,
    type,
    subject_id: subjectId,
    payload,
  }));
  await execute(tx, APPEND, rows);
}
