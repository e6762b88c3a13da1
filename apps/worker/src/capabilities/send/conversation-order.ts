import type { InboundEvent } from "@millrace/core";
import type { SendState } from "@millrace/db";
import type { JobResult } from "@millrace/queue";
import type { OutboundDeps } from "./deps.ts";

/**
 * How long a message waits before it checks its order again, in ms, per message before it. The message before it
 * promotes it; this covers the loss of the worker that should have done so.
 */
const RECHECK_MS = 5_000;
const LONGEST_RECHECK_MS = 60_000;

/**
 * Snoozes a message that is blocked: by an earlier message of its conversation, by the time that the platform has to
 * report an uncertain send, or by its send slot. Undefined when it may be sent now.
 * @param startedAt when this worker started: statuses that arrived while no worker ran are still in the queue
 */
export async function snoozeWhileBlocked(
  deps: OutboundDeps,
  startedAt: Date,
  event: Pick<InboundEvent, "correlationId">,
  state: SendState,
): Promise<JobResult | undefined> {
  const { outbox, adapter, limits, followUps } = deps;
  const now = deps.ports.now();
  const after = (ms: number) => new Date(now.getTime() + ms);
  const messageId = state.message.id;

  if (state.ahead > 0) {
    // Enqueues the job of the oldest message again: if the queue lost it, the whole conversation would wait for ever.
    const oldest = await outbox.oldestWaitingJob(state.message.conversationId, after(-LONGEST_RECHECK_MS));
    if (oldest) await followUps.enqueue(event, [oldest]);
    return {
      result: "snoozed",
      detail: "an earlier message of the conversation comes first",
      until: after(Math.min(RECHECK_MS * state.ahead, LONGEST_RECHECK_MS)),
      stillWaiting: async () => ((await outbox.find(messageId))?.ahead ?? 0) > 0,
    };
  }

  if (state.attemptAgeMs !== undefined && adapter.reconcileMs > 0) {
    // Another worker began the attempt: its clock can differ by minutes.
    const elapsedMs = Math.min(state.attemptAgeMs, now.getTime() - startedAt.getTime());
    if (elapsedMs < adapter.reconcileMs) {
      return {
        result: "snoozed",
        detail: "the send is uncertain: waiting for a status from the platform",
        until: after(adapter.reconcileMs - elapsedMs),
        stillWaiting: async () => (await outbox.find(messageId))?.isTerminal === false,
      };
    }
  }

  const waitMs = state.sendSlotInMs ?? (await limits.reserve(adapter.limits(state.message)));
  return waitMs > 0 ? snoozeUntilSendSlot(deps, messageId, waitMs) : undefined;
}

/** Records a message's send slot, in `waitMs` from now, and snoozes the message until then. */
export async function snoozeUntilSendSlot(
  { outbox, ports }: Pick<OutboundDeps, "outbox" | "ports">,
  messageId: string,
  waitMs: number,
): Promise<JobResult> {
  await outbox.setSendSlot(messageId, waitMs);
  const until = new Date(ports.now().getTime() + waitMs);
  return { result: "snoozed", detail: "the platform's rate limit", until };
}
