import { derivedUuid, EVENT_VERSION, type InboundEvent, type ParsedEvent } from "@millrace/core";

/** The request that events were parsed from. */
export type RequestOrigin = { integration: string; correlationId: string; receivedAt: Date };

/**
 * Adds the request's fields to its parsed events, and their positions, because platforms report whole seconds and workers
 * process the events of one request in any order. The first event identifies the request: if the queue loses a part of the
 * events, the others arrive with a later delivery. A platform may repeat an item within one batch: the first of several
 * events with the same id is kept.
 */
export function inboundEvents(parsed: readonly ParsedEvent[], origin: RequestOrigin): InboundEvent[] {
  const { integration, correlationId } = origin;
  const receivedAt = origin.receivedAt.toISOString();
  const [first, second] = parsed;
  const request = first && second && { request: derivedUuid("request", integration, first.id) };
  const byId = new Map<string, InboundEvent>();
  for (const [index, event] of parsed.entries())
    if (!byId.has(event.id))
      byId.set(event.id, { v: EVENT_VERSION, integration, correlationId, receivedAt, index, ...request, ...event });
  return [...byId.values()];
}
