import { setTimeout as wait } from "node:timers/promises";
import {
  type InboundEvent,
  type Outbound,
  type OutboundContext,
  type OutgoingMessage,
  permanent,
  ProviderError,
  type Sent,
  type Write,
} from "@millrace/core";
import type { Fence, Inbox, Outbox, OutgoingState, RateLimits } from "@millrace/db";
import type { EventProcessor, Processed } from "@millrace/queue";
import { z } from "zod";
import type { FollowUpQueue } from "./follow-ups.ts";
import { standUntilItLeaves } from "./outbound-departure.ts";
import { toWait, waitForSlot } from "./outbound-wait.ts";

/** What sends the messages of one channel. */
export type OutboundParts = {
  adapter: Outbound;
  inbox: Inbox;
  outbox: Outbox;
  fence: Fence;
  limits: RateLimits;
  followUps: FollowUpQueue;
  isOutage(error: unknown): boolean;
  ports: Omit<OutboundContext, "signal">;
};

const place = { accountId: z.string(), conversationId: z.uuid() };
const sendPayload = z.object({ ...place, messageId: z.uuid() });
const actPayload = z.object({ ...place, action: z.unknown() });

/**
 * The way of a message of ours to its platform: is it its turn, is anything known of an earlier try, do the limits let
 * it go, does the fence; then it is sent, what came of it is recorded, and the next of its conversation is woken.
 */
export function createOutboundProcessor(parts: OutboundParts): EventProcessor {
  return {
    scopes(event) {
      const known = z.object(place).safeParse(event.payload);
      return known.success ? parts.adapter.scopes(known.data) : [];
    },
    isOutage: parts.isOutage,
    process: (event, signal) => (event.kind === "act" ? act(parts, event, signal) : sendInTurn(parts, event, signal)),
  };
}

async function act(parts: OutboundParts, event: InboundEvent, signal: AbortSignal): Promise<Processed> {
  const { conversationId, action } = actPayload.parse(event.payload);
  if (await parts.inbox.isDone(event)) return { result: "duplicate" };
  const target = await parts.outbox.place(conversationId);
  if (!target) throw permanent(`no conversation ${conversationId}`, "no_conversation");
  await parts.adapter.act({ ...target, action }, { ...parts.ports, signal });
  return parts.inbox.once(event, () => Promise.resolve({ result: "written" }));
}

async function sendInTurn(parts: OutboundParts, event: InboundEvent, signal: AbortSignal): Promise<Processed> {
  const { outbox, fence, adapter, ports } = parts;
  const { messageId } = sendPayload.parse(event.payload);
  const state = await outbox.find(messageId);
  if (!state) throw permanent("there is no such message", "no_message");
  if (state.settled)
    return finish(parts, event, state, () => Promise.resolve({ result: "written", detail: state.status }));
  const waiting = await toWait(parts, messageId, state);
  if (waiting) return waiting;

  if (!(await outbox.begin(messageId, ports.now(), state.attemptedAt)))
    return { result: "not_yet", detail: "it has changed meanwhile", until: ports.now() };
  const leavesAt = await standUntilItLeaves(parts, state.message, signal).catch(async (error: unknown) => {
    await outbox.refused(messageId, false);
    throw error;
  });
  if (leavesAt) {
    await outbox.refused(messageId, false);
    return waitForSlot(outbox, messageId, leavesAt);
  }
  const send = () => adapter.send(state.message, { ...ports, signal });
  const sent = await attemptSend(parts, state.message, () =>
    state.fence ? fence.pass(state.message.conversationId, state.fence.epoch, send) : send(),
  );
  const outcome = sent ? recordOf(messageId, sent, ports.now()) : suppressionOf(messageId);
  return whateverHappens(parts, signal, () => finish(parts, event, state, outcome));
}

/** Sends, and keeps what an error tells: whether the platform can have it all the same, and how often it throttled. */
async function attemptSend(
  { outbox, ports }: OutboundParts,
  { id, conversationId }: OutgoingMessage,
  send: () => Promise<Sent | undefined>,
): Promise<Sent | undefined> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (!error.uncertain) await outbox.refused(id, error.next.kind === "rate_limited");
    if (error.code === "unreachable") await outbox.unreachable(conversationId, ports.now());
    throw error;
  }
}

function recordOf(messageId: string, sent: Sent, at: Date): Write {
  return async (stores) => {
    await stores.outbox.sent(messageId, sent, at);
    return { result: "written" };
  };
}

/** A takeover came between the look and the fence. */
function suppressionOf(messageId: string): Write {
  return async (stores) => {
    await stores.outbox.suppress(messageId, "a person took over");
    return { result: "ignored", detail: "a person took over" };
  };
}

/** Writes how a message ended, and wakes the one behind it. */
async function finish(
  parts: OutboundParts,
  event: InboundEvent,
  state: OutgoingState,
  outcome: Write,
): Promise<Processed> {
  const settled = await parts.inbox.once(event, outcome);
  await parts.followUps.enqueue(event, settled.followUps);
  await wakeNext(parts, event, state);
  return settled;
}

/** Has the next message of a conversation sent now rather than when it looks again by itself. */
export async function wakeNext(
  { outbox, followUps }: Pick<OutboundParts, "outbox" | "followUps">,
  event: Pick<InboundEvent, "correlationId">,
  { message, position }: Pick<OutgoingState, "message" | "position">,
): Promise<void> {
  const next = await outbox.next(message.conversationId, position);
  if (next === undefined) return;
  await followUps.enqueue(event, [
    { source: message.channel, role: "outbound", id: `send.${next}`, kind: "send", payload: undefined, wake: true },
  ]);
}

/** How long to wait in ms before a record is tried again while Postgres is away. */
const RECORD_RETRY_MS = 250;

/**
 * What is sent must be recorded: while our own Postgres is away this waits for it, because a try of its own would have
 * to send the message again where the platform cannot be asked for it.
 */
async function whateverHappens<T>(
  { isOutage }: Pick<OutboundParts, "isOutage">,
  signal: AbortSignal,
  record: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await record();
    } catch (error) {
      if (!isOutage(error) || signal.aborted) throw error;
      await wait(RECORD_RETRY_MS);
    }
  }
}
