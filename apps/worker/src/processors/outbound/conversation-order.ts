import type { InboundEvent } from "@millrace/core";
import type { OutgoingState } from "@millrace/db";
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
  state: OutgoingState,
): Promise<Processed | undefined> {
  const now = ports.now();
  const after = (ms: number, from = now) => new Date(from.getTime() + ms);
  const messageId = state.message.id;

  if (state.ahead > 0) {
    // Its job is there, unless the queue's store has lost it: then all behind it would wait for ever.
    const first = await outbox.longestWaiting(state.message.conversationId, after(-LOOK_AGAIN_CAP_MS));
    if (first) await followUps.enqueue(event, [first]);
    return {
      result: "not_yet",
      detail: "another message comes first",
      until: after(Math.min(LOOK_AGAIN_MS * state.ahead, LOOK_AGAIN_CAP_MS)),
      stillSo: async () => ((await outbox.find(messageId))?.ahead ?? 0) > 0,
    };
  }

  if (state.attemptedAt && adapter.reconcileMs > 0) {
    const until = after(adapter.reconcileMs, state.attemptedAt > startedAt ? state.attemptedAt : startedAt);
    if (until > now) {
      return {
        result: "not_yet",
        detail: "the platform may have it: waiting for it to tell",
        until,
        stillSo: async () => (await outbox.find(messageId))?.settled === false,
      };
    }
  }

  const slotAt = state.slotAt ?? (await limits.reserve(adapter.limits(state.message), now));
  return slotAt > now ? waitForSlot(outbox, messageId, slotAt) : undefined;
}

/** Puts a message off until the platform's limits let it go. */
export async function waitForSlot(
  outbox: OutboundParts["outbox"],
  messageId: string,
  slotAt: Date,
): Promise<Processed> {
  await outbox.keepSlot(messageId, slotAt);
  return { result: "not_yet", detail: "the platform's limit", until: slotAt };
}
