import type { AdapterContext, EventHandler } from "@millrace/core";
import type { Inbox } from "@millrace/db";
import type { EventProcessor } from "@millrace/queue";
import type { FollowUpQueue } from "../follow-ups.ts";

/** What a processor is made of. */
export type ProcessorParts = {
  handler: EventHandler;
  inbox: Inbox;
  followUps: FollowUpQueue;
  isOutage(error: unknown): boolean;
  ports: Omit<AdapterContext, "signal">;
};

/**
 * The way of an event through the worker: is it done already, what does its adapter make of it, write that in the
 * transaction that decides whether it is new, enqueue what follows from it. Knows no provider by name.
 */
export function createProcessor({ handler, inbox, followUps, isOutage, ports }: ProcessorParts): EventProcessor {
  return {
    scopes: handler.scopes,
    isOutage,
    async process(event, signal) {
      const isDone = handler.callsProvider && (await inbox.isDone(event));
      const write = isDone ? undefined : await handler.handle(event, { ...ports, signal });
      signal.throwIfAborted();
      // A write that is not needed is not run: the event is done, and only what follows from it is asked for.
      const settled = await inbox.applyOnce(event, write ?? (() => Promise.reject(new Error("the event was done"))));
      await followUps.enqueue(event, settled.followUps);
      return { ...settled, noCall: isDone };
    },
  };
}
