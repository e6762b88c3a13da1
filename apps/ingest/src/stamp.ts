import { EVENT_VERSION, type InboundEvent, type ParsedEvent } from "@millrace/core";

/** Events of one request, each once: a platform may repeat an item within a batch, and the first is kept. */
export function stamp(
  split: readonly ParsedEvent[],
  request: { integration: string; correlationId: string; receivedAt: string },
): InboundEvent[] {
  const unique = new Map<string, InboundEvent>();
  for (const event of split)
    if (!unique.has(event.id)) unique.set(event.id, { v: EVENT_VERSION, ...request, ...event });
  return [...unique.values()];
}
