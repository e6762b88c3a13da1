import type { InboundEvent } from "@millrace/core";
import type { SendState } from "@millrace/db";
import type { Processed } from "@millrace/queue";
import type { OutboundParts } from "./index.ts";

/**
 * How long in ms a message waits before it looks again whether it is its turn, per message before it. It is woken when
 * it is; this is for the case that the one who should wake it died.
 */
const LOOK_AGAIN_MS = 5_000;
const LOOK_AGAIN_CAP_MS = 60_000;

/**
 * Until when a message must wait, and for what; undefined when it can go now.
 * @param startedAt since when this worker works: what was told while none did is still to be read
 */
export async function toWait(
  {
    outbox,
    adapter,
    limits,
    followUps,
    ports,
  }: Pick<OutboundParts, "outbox" | "adapter" | "limits" | "followUps" | "ports">,
  startedAt: Date,
  event: Pick<InboundEvent, "correlationId">,
  state: SendState,
): Promise<Processed | undefined> {
  const now = ports.now();
  const after = (ms: number, from = now) => new Date(from.getTime() + ms);
  const messageId = state.message.id;

  if (state.ahead > 0) {
    // Its job is there, unless the queue's store has lost it: then all behind it would wait for ever.
    const first = await outbox.oldestWaitingJob(state.message.conversationId, after(-LOOK_AGAIN_CAP_MS));
    if (first) await followUps.enqueue(event, [first]);
    return {
      result: "snoozed",
      detail: "another message comes first",
      until: after(Math.min(LOOK_AGAIN_MS * state.ahead, LOOK_AGAIN_CAP_MS)),
      stillWaiting: async () => ((await outbox.find(messageId))?.ahead ?? 0) > 0,
    };
  }

  if (state.attemptedAt && adapter.reconcileMs > 0) {
    const until = after(adapter.reconcileMs, state.attemptedAt > startedAt ? state.attemptedAt : startedAt);
    if (until > now) {
      return {
        result: "snoozed",
        detail: "the platform may have it: waiting for it to tell",
        until,
        stillWaiting: async () => (await outbox.find(messageId))?.isTerminal === false,
      };
    }
  }

  const sendSlotAt = state.sendSlotAt ?? (await limits.reserve(adapter.limits(state.message), now));
  return sendSlotAt > now ? waitForSlot(outbox, messageId, sendSlotAt) : undefined;
}

/** Puts a message off until the platform's limits let it go. */
export async function waitForSlot(
  outbox: OutboundParts["outbox"],
  messageId: string,
  sendSlotAt: Date,
): Promise<Processed> {
  await outbox.setSendSlot(messageId, sendSlotAt);
  return { result: "snoozed", detail: "the platform's limit", until: sendSlotAt };
}
