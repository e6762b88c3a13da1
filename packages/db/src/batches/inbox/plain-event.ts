import type { Fact, FactOf, Handled, InboundEvent } from "@millrace/core";

/** An event and what its integration made of it. */
export type HandledEvent = { event: InboundEvent; handled: Handled };

/** A message that a batch can write: from a person, without anything but the message and its file. */
export type PlainMessage = FactOf<"message"> & {
  thread: { person: NonNullable<FactOf<"message">["thread"]["person"]> };
};

/** An event that a batch can apply: one without facts, one message, or one status. */
export type PlainEvent = {
  event: InboundEvent;
  message?: PlainMessage | undefined;
  status?: FactOf<"status"> | undefined;
};

/**
 * Returns an event as a batch applies it; undefined when it needs more than a batch does. What a batch leaves out is rare: a
 * takeover, an action, a click, a call, a failure, a participant of a group.
 */
export function plainEvent({ event, handled }: HandledEvent): PlainEvent | undefined {
  const { result, detail, facts } = handled;
  if (result !== "written" || detail !== undefined || facts.length > 1) return undefined;
  const [fact] = facts;
  if (fact === undefined) return { event };
  if (isPlainMessage(fact)) return { event, message: fact };
  return isPlainStatus(fact) ? { event, status: fact } : undefined;
}

function isPlainMessage(fact: Fact): fact is PlainMessage {
  if (fact.fact !== "message") return false;
  const { message, thread, activity, takeover, action } = fact;
  const hasMore = takeover ?? action ?? activity.click ?? message.call;
  return hasMore === undefined && message.direction === "inbound" && thread.person !== undefined;
}

function isPlainStatus(fact: Fact): fact is FactOf<"status"> {
  return fact.fact === "status" && fact.status !== "failed" && !fact.error && !fact.participant;
}
