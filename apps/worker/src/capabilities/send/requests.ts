import { type EventHandler, type Handled, type InboundEvent, UNREADABLE } from "@millrace/core";
import type { SendRequest, SendRequestBatches } from "@millrace/db";
import type { EventProcessor } from "@millrace/queue";
import { createEventProcessor, type EventDeps } from "../inbound/event.ts";

/** Dependencies of {@link createRequestProcessor}. */
type RequestDeps = EventDeps & { batches: SendRequestBatches };

/**
 * Processes requests to send: together those that need nothing but their messages queued, the others one by one as every
 * event.
 */
export function createRequestProcessor({ batches, ...deps }: RequestDeps): EventProcessor {
  const { handler, followUps } = deps;
  return {
    ...createEventProcessor(deps),
    async processTogether(events, lease) {
      const applied = await batches.apply(readRequests(handler, events), lease);
      // All at once, so that the producers put the jobs into few round trips.
      const enqueued = events.map((event) => followUps.enqueue(event, applied.get(event.id) ?? []));
      return { done: new Set(applied.keys()), followed: Promise.all(enqueued).then(() => undefined) };
    },
  };
}

/**
 * Reads what the events request, up to the first one that cannot be read without its fetch: its conversation is unknown,
 * and no later request may overtake it there. An event that its handler refuses requests nothing.
 */
function readRequests(handler: EventHandler, events: readonly InboundEvent[]): SendRequest[] {
  const requests: SendRequest[] = [];
  for (const event of events.filter(({ kind }) => kind !== UNREADABLE)) {
    let needsFetch = false;
    try {
      needsFetch = handler.fetch?.(event) !== undefined;
      requests.push(...requestsOf(event, handler.handle(event, undefined), needsFetch));
    } catch {
      // The attempt at this event alone reports the error.
      if (needsFetch) break;
    }
  }
  return requests;
}

function requestsOf(event: InboundEvent, { facts, ...outcome }: Handled, needsFetch: boolean): SendRequest[] {
  const isPlain = facts.length === 1 && outcome.result === "written" && outcome.detail === undefined;
  return facts
    .filter((fact) => fact.fact === "send_requested")
    .map((fact) => ({ event, fact, mayQueue: isPlain && !needsFetch }));
}
