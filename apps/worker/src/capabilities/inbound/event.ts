import { type EventHandler, type FetchPorts, type InboundEvent, requireReadable } from "@millrace/core";
import type { Inbox } from "@millrace/db";
import type { EventProcessor } from "@millrace/queue";
import type { FollowUpQueue } from "../../follow-ups.ts";

/** Dependencies of {@link createEventProcessor}. */
export type EventDeps = {
  handler: EventHandler;
  inbox: Inbox;
  followUps: FollowUpQueue;
  isOutage(error: unknown): boolean;
  ports: Omit<FetchPorts, "signal">;
};

/** Jobs that make no call share transactions: as many as two full batches of the inbox. */
const JOBS_WITHOUT_CALL = 128;

/**
 * Processes an event: the handler fetches what the event lacks and turns it into facts, the inbox applies them in the
 * transaction that decides whether the event is new, and the follow-up jobs are enqueued.
 */
export function createEventProcessor({ handler, inbox, followUps, isOutage, ports }: EventDeps): EventProcessor {
  /** Returns what the event's fetch returns, or `done` when the event needs a fetch and its effects are committed. */
  async function fetchFor(event: InboundEvent, signal: AbortSignal): Promise<{ fetched: unknown } | "done"> {
    const call = handler.fetch?.(event);
    if (!call) return { fetched: undefined };
    return (await inbox.isDone(event)) ? "done" : { fetched: await call({ ...ports, signal }) };
  }

  return {
    jobsAtOnce: handler.fetch ? undefined : JOBS_WITHOUT_CALL,
    scopes: (event) => handler.scopes?.(event) ?? [],
    isOutage,
    async process(event, signal) {
      requireReadable(event);
      const result = await fetchFor(event, signal);
      signal.throwIfAborted();
      if (result === "done") {
        await followUps.enqueue(event, await inbox.followUpsOf(event));
        return { result: "duplicate", noCall: true };
      }
      const applied = await inbox.applyOnce(event, handler.handle(event, result.fetched));
      await followUps.enqueue(event, applied.followUps);
      return applied;
    },
  };
}
