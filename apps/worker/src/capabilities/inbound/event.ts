import type { AdapterContext, EventHandler } from "@millrace/core";
import type { Inbox } from "@millrace/db";
import type { EventProcessor } from "@millrace/queue";
import type { FollowUpQueue } from "../../follow-ups.ts";

/** Dependencies of {@link createEventProcessor}. */
export type EventDeps = {
  handler: EventHandler;
  inbox: Inbox;
  followUps: FollowUpQueue;
  isOutage(error: unknown): boolean;
  ports: Omit<AdapterContext, "signal">;
};

/**
 * Processes an event: its handler turns it into a write, the inbox applies that in the transaction that decides whether
 * the event is new, and the follow-up jobs are enqueued.
 */
export function createEventProcessor({ handler, inbox, followUps, isOutage, ports }: EventDeps): EventProcessor {
  return {
    scopes: handler.scopes,
    isOutage,
    async process(event, signal) {
      const isDone = handler.callsProvider && (await inbox.isDone(event));
      const write = isDone ? undefined : await handler.handle(event, { ...ports, signal });
      signal.throwIfAborted();
      // The inbox does not run the write of an event that is done; it returns the event's follow-up jobs.
      const applied = await inbox.applyOnce(event, write ?? (() => Promise.reject(new Error("the event was done"))));
      await followUps.enqueue(event, applied.followUps);
      return { ...applied, noCall: isDone };
    },
  };
}
