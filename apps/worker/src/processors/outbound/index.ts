import { setTimeout as wait } from "node:timers/promises";
import {
  type InboundEvent,
  type Outbound,
  type OutboundContext,
  type OutgoingMessage,
  permanent,
  ProviderError,
  retryable,
  type Sent,
  type Write,
} from "@millrace/core";
import type { TakeoverLock, Inbox, SendStates, SendState, RateLimits, AppliedEvent } from "@millrace/db";
import type { EventProcessor, Processed } from "@millrace/queue";
import { z } from "zod";
import type { FollowUpQueue } from "../../follow-ups.ts";
import { standUntilItLeaves } from "./send-slot.ts";
import { toWait, waitForSlot } from "./conversation-order.ts";

/** What sends the messages of one channel. */
export type OutboundParts = {
  adapter: Outbound;
  inbox: Inbox;
  outbox: SendStates;
  fence: TakeoverLock;
  limits: RateLimits;
  followUps: FollowUpQueue;
  isOutage(error: unknown): boolean;
  ports: Omit<OutboundContext, "signal">;
};

/**
 * How long an answer of the AI may take to leave, its files included, in ms: a takeover waits for it, and a job has 30 s
 * for that.
 */
const LONGEST_BEHIND_FENCE_MS = 20_000;

const place = { accountId: z.string(), conversationId: z.uuid() };
const sendPayload = z.object({ ...place, messageId: z.uuid() });
const actPayload = z.object({ ...place, action: z.unknown() });

/**
 * The way of a message of ours to its platform: is it its turn, is anything known of an earlier try, do the limits let
 * it go, does the fence; then it is sent, what came of it is recorded, and the next of its conversation is woken.
 */
export function createOutboundProcessor(parts: OutboundParts): EventProcessor {
  const startedAt = parts.ports.now();
  return {
    scopes(event) {
      const known = z.object(place).safeParse(event.payload);
      return known.success ? parts.adapter.scopes(known.data) : [];
    },
    isOutage: parts.isOutage,
    process: (event, signal) =>
      event.kind === "act" ? act(parts, event, signal) : sendInTurn(parts, startedAt, event, signal),
  };
}

async function act(parts: OutboundParts, event: InboundEvent, signal: AbortSignal): Promise<Processed> {
  const { conversationId, action } = actPayload.parse(event.payload);
  if (await parts.inbox.isDone(event)) return { result: "duplicate", noCall: true };
  const target = await parts.outbox.findTarget(conversationId);
  if (!target) throw permanent(`no conversation ${conversationId}`, "no_conversation");
  await parts.adapter.act({ ...target, action }, { ...parts.ports, signal });
  return parts.inbox.applyOnce(event, () => Promise.resolve({ result: "written" }));
}

async function sendInTurn(
  parts: OutboundParts,
  startedAt: Date,
  event: InboundEvent,
  signal: AbortSignal,
): Promise<Processed> {
  const { outbox, ports } = parts;
  const { messageId } = sendPayload.parse(event.payload);
  const state = await outbox.find(messageId);
  if (!state) throw permanent("there is no such message", "no_message");
  if (state.isTerminal) {
    const asItIs: Write = () => Promise.resolve({ result: "written", detail: state.status });
    return { ...(await finish(parts, event, state, asItIs)), noCall: true };
  }
  const waiting = await toWait(parts, startedAt, event, state);
  if (waiting) return waiting;

  const left = await throughFence(parts, state, signal);
  if (left && "result" in left) return left;
  const outcome = left ? recordOf(messageId, left, ports.now()) : suppressionOf(messageId);
  return { ...(await whateverHappens(parts, signal, () => finish(parts, event, state, outcome))), noCall: !left };
}

/**
 * Has an answer of the AI leave behind its conversation's fence, anything else at once; undefined when the fence does
 * not let it through. What has left is told also when the fence's connection is lost meanwhile.
 */
async function throughFence(
  parts: OutboundParts,
  state: SendState,
  signal: AbortSignal,
): Promise<Sent | Processed | undefined> {
  if (!state.answer) return leave(parts, state, signal);
  const fence = new AbortController();
  const limits = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_BEHIND_FENCE_MS)]);
  let leaving: Promise<Sent | Processed> | undefined;
  const passage = parts.fence.pass(state.message.conversationId, state.answer.epoch, () => {
    leaving = leave(parts, state, limits, fence.signal);
    return leaving;
  });
  passage.catch(() => fence.abort());
  try {
    return await passage;
  } catch (error) {
    if (!leaving) throw error;
    return await leaving;
  }
}

/**
 * Stands for its moment, writes down that it leaves, and leaves.
 * @param fence fires when a takeover need not wait for it any more: what has not left by then does not
 */
async function leave(
  parts: OutboundParts,
  { message, attemptedAt }: SendState,
  signal: AbortSignal,
  fence?: AbortSignal,
): Promise<Sent | Processed> {
  const { outbox, ports } = parts;
  const leavesAt = await standUntilItLeaves(parts, message, signal);
  if (leavesAt) return waitForSlot(outbox, message.id, leavesAt);
  if (fence?.aborted) throw retryable("the fence was lost before it left");
  const at = ports.now();
  if (!(await outbox.begin(message.id, at, attemptedAt)))
    return { result: "snoozed", detail: "it has changed meanwhile", until: at };
  return attemptSend(parts, message, at, signal);
}

/** Sends, and keeps what an error tells: whether the platform can have it all the same, and how often it throttled. */
async function attemptSend(
  { outbox, adapter, ports }: OutboundParts,
  message: OutgoingMessage,
  begunAt: Date,
  signal: AbortSignal,
): Promise<Sent> {
  try {
    return await adapter.send(message, { ...ports, signal });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (!error.uncertain) await outbox.refused(message.id, begunAt, error.next.kind === "rate_limited");
    if (error.code === "unreachable") await outbox.unreachable(message.conversationId, ports.now());
    throw error;
  }
}

function recordOf(messageId: string, sent: Sent, at: Date): Write {
  return async (stores) => {
    await stores.outbox.markSent(messageId, sent, at);
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
  state: SendState,
  outcome: Write,
): Promise<AppliedEvent> {
  const settled = await parts.inbox.applyOnce(event, outcome);
  await parts.followUps.enqueue(event, settled.followUps);
  await wakeNext(parts, event, state);
  return settled;
}

/** Has the next message of a conversation sent now rather than when it looks again by itself. */
export async function wakeNext(
  { outbox, followUps }: Pick<OutboundParts, "outbox" | "followUps">,
  event: Pick<InboundEvent, "correlationId">,
  { message, position }: Pick<SendState, "message" | "position">,
): Promise<void> {
  const next = await outbox.next(message.conversationId, position);
  if (next === undefined) return;
  await followUps.enqueue(event, [
    {
      integration: message.channel,
      role: "outbound",
      id: `send.${next}`,
      kind: "send",
      payload: undefined,
      promote: true,
    },
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
