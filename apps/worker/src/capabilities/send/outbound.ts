import { setTimeout as wait } from "node:timers/promises";
import { type Handled, type InboundEvent, permanent, type SentMessage, written } from "@millrace/core";
import type { AppliedEvent, SendState } from "@millrace/db";
import type { EventProcessor, JobResult } from "@millrace/queue";
import { z } from "zod";
import { snoozeWhileBlocked } from "./conversation-order.ts";
import type { OutboundDeps } from "./deps.ts";
import { promoteNext } from "./promote-next.ts";
import { sendUnderTakeoverLock } from "./send.ts";

/** How long to wait before recording a result again while Postgres is away, in ms. */
const RECORD_RETRY_MS = 250;

const conversation = { accountId: z.string(), conversationId: z.uuid() };
const sendPayload = z.object({ ...conversation, messageId: z.uuid() });
const actionPayload = z.object({ ...conversation, action: z.unknown() });

/**
 * Sends our messages and chat actions to a platform. A message is snoozed while an earlier one, an uncertain attempt or
 * a rate limit blocks it. Then it is sent, an AI answer under the takeover lock; its result is recorded, and the next
 * message of its conversation is promoted.
 */
export function createOutboundProcessor(deps: OutboundDeps): EventProcessor {
  const startedAt = deps.ports.now();
  return {
    scopes(event) {
      const parsed = z.object(conversation).safeParse(event.payload);
      return parsed.success ? deps.adapter.scopes(parsed.data) : [];
    },
    isOutage: deps.isOutage,
    process: (event, signal) =>
      event.kind === "act" ? act(deps, event, signal) : sendInOrder(deps, startedAt, event, signal),
  };
}

async function act(deps: OutboundDeps, event: InboundEvent, signal: AbortSignal): Promise<JobResult> {
  const { conversationId, action } = actionPayload.parse(event.payload);
  if (await deps.inbox.isDone(event)) return { result: "duplicate", noCall: true };
  const target = await deps.outbox.findTarget(conversationId);
  if (!target) throw permanent(`conversation ${conversationId} does not exist`, "no_conversation");
  await deps.adapter.act({ ...target, action }, { ...deps.ports, signal });
  return deps.inbox.applyOnce(event, written());
}

async function sendInOrder(
  deps: OutboundDeps,
  startedAt: Date,
  event: InboundEvent,
  signal: AbortSignal,
): Promise<JobResult> {
  const { messageId } = sendPayload.parse(event.payload);
  const state = await deps.outbox.find(messageId);
  if (!state) throw permanent("the message does not exist", "no_message");
  if (state.isTerminal) {
    const unchanged: Handled = { result: "written", detail: state.status, facts: [] };
    return { ...(await complete(deps, event, state, unchanged)), noCall: true };
  }
  // The row decides: a job that was added again after the queue lost it has no time of its own.
  if (state.isExpired && !state.attemptedAt)
    throw permanent("expired while it waited: its expiresAt has passed", "expired");
  const snoozed = await snoozeWhileBlocked(deps, startedAt, event, state);
  if (snoozed) return snoozed;

  const sent = await sendUnderTakeoverLock(deps, state, signal);
  if (sent && "result" in sent) return sent;
  const at = deps.ports.now();
  const applied = await retryDuringOutage<JobResult>(deps, signal, () =>
    sent ? recordSent(deps, event, state, { sent, at }) : complete(deps, event, state, suppressed(messageId)),
  );
  return { ...applied, noCall: !sent };
}

/** Records a message that the platform accepted, together with those that other jobs record at this moment. */
async function recordSent(
  deps: OutboundDeps,
  event: InboundEvent,
  state: SendState,
  { sent, at }: { sent: SentMessage; at: Date },
): Promise<JobResult> {
  const { id: messageId, channel, accountId } = state.message;
  const fact = { fact: "message_sent", messageId, sent, at } as const;
  if (!(await deps.sentMessages.record({ event, fact, channel, accountId })))
    return complete(deps, event, state, written(fact));
  await promoteNext(deps, event.correlationId, state);
  return { result: "written" };
}

/** A takeover committed between the check of the message and the takeover lock. */
function suppressed(messageId: string): Handled {
  const reason = "a person took over";
  return { result: "ignored", detail: reason, facts: [{ fact: "message_suppressed", messageId, reason }] };
}

async function complete(
  deps: OutboundDeps,
  event: InboundEvent,
  state: SendState,
  handled: Handled,
): Promise<AppliedEvent> {
  const applied = await deps.inbox.applyOnce(event, handled);
  await deps.followUps.enqueue(event, applied.followUps);
  await promoteNext(deps, event.correlationId, state);
  return applied;
}

/**
 * Retries a record while Postgres is away. A retry of the whole job would send the message again on a platform that
 * cannot report whether it has it.
 */
async function retryDuringOutage<T>(
  { isOutage }: Pick<OutboundDeps, "isOutage">,
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
