import type { DomainEvent, NewId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { domainEvents } from "../schema/index.ts";

/** Appends domain events in the transaction of their cause. */
export async function appendDomainEvents(tx: Executor, newId: NewId, events: readonly DomainEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ type, tenantId, subjectId, payload }) => ({
    id: newId(),
    tenantId: tenantId ?? null,
    type,
    subjectId,
    payload,
  }));
  await tx.insert(domainEvents).values(rows).prepare(`append_domain_events_${rows.length}`).execute();
}
