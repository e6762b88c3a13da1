import { EVENT_VERSION, type InboundEvent, type SplitEvent } from "@millrace/core";

/** Events of one request, each once: a platform may repeat an item within a batch, and the first is kept. */
export function stamp(
  split: readonly SplitEvent[],
  request: { source: string; correlationId: string; receivedAt: string },
): InboundEvent[] {
  const unique = new Map<string, InboundEvent>();
  for (const event of split)
    if (!unique.has(event.id)) unique.set(event.id, { v: EVENT_VERSION, ...request, ...event });
  return [...unique.values()];
}
