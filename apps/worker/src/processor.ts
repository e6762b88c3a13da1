import type { EventHandler, Http, Logger, NewId, Now, SourceStore } from "@millrace/core";
import type { Inbox } from "@millrace/db";
import type { EventProcessor } from "@millrace/queue";

/** What a processor is made of. */
export type ProcessorParts = {
  handler: EventHandler;
  inbox: Inbox;
  isOutage(error: unknown): boolean;
  http: Http;
  log: Logger;
  now: Now;
  newId: NewId;
  sources: SourceStore;
};

/**
 * The way of an event through the worker: is it done already, what does its adapter make of it, write that in the
 * transaction that decides whether it is new. Knows no provider by name.
 */
export function createProcessor({ handler, inbox, isOutage, ...ports }: ProcessorParts): EventProcessor {
  return {
    scopes: handler.scopes,
    isOutage,
    async process(event, signal) {
      if (handler.callsProvider && (await inbox.isDone(event))) return { result: "duplicate" };
      const write = await handler.handle(event, { ...ports, signal });
      signal.throwIfAborted();
      return inbox.once(event, write);
    },
  };
}
