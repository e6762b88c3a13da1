import { type OutgoingMessage, ProviderError, retryable, type SentMessage, unavailable } from "@millrace/core";
import type { SendState } from "@millrace/db";
import type { JobResult } from "@millrace/queue";
import { snoozeUntilSendSlot } from "./conversation-order.ts";
import type { OutboundDeps } from "./deps.ts";
import { waitForSendSlot } from "./send-slot.ts";

/**
 * How long an AI answer may hold the takeover lock, its files included, in ms. A takeover waits for the lock, and its
 * job times out after 30 s.
 */
const LONGEST_LOCK_MS = 20_000;

/** How long an answer snoozes when all takeover locks of its channel are in use, in ms. */
const BUSY_SNOOZE_MS = 2_000;

/**
 * Sends a message; an AI answer only under its conversation's takeover lock. Undefined when the lock finds a newer
 * epoch. A send that has begun is awaited also when the lock's connection is lost, so that its result is recorded.
 */
export async function sendUnderTakeoverLock(
  deps: OutboundDeps,
  state: SendState,
  signal: AbortSignal,
): Promise<SentMessage | JobResult | undefined> {
  if (!state.answer) return sendInSlot(deps, state, signal);
  const release = await deps.lockShare.acquire();
  if (!release) {
    const until = new Date(deps.ports.now().getTime() + BUSY_SNOOZE_MS);
    return { result: "snoozed", detail: "all takeover locks of the channel are in use", until };
  }
  try {
    signal.throwIfAborted();
    return await sendInEpoch(deps, state, state.answer.epoch, signal);
  } finally {
    release();
  }
}

async function sendInEpoch(
  deps: OutboundDeps,
  state: SendState,
  epoch: number,
  signal: AbortSignal,
): Promise<SentMessage | JobResult | undefined> {
  const lockLost = new AbortController();
  let sending: Promise<SentMessage | JobResult> | undefined;
  const locked = deps.takeoverLock.runInEpoch(state.message.conversationId, epoch, () => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_LOCK_MS)]);
    sending = sendInSlot(deps, state, deadline, lockLost.signal);
    return sending;
  });
  locked.catch(() => lockLost.abort());
  try {
    return await locked;
  } catch (error) {
    if (!sending) throw error;
    return await sending;
  }
}

/** How long a send waits for another worker, a status or a merge that changes its message, in ms. */
const CHANGE_MS = 250;

/**
 * Waits for the send slot, records that the attempt begins, and sends.
 * @param lockLost fires when the takeover lock is lost: an answer that is not sent by then must not be sent
 */
async function sendInSlot(
  deps: OutboundDeps,
  state: SendState,
  signal: AbortSignal,
  lockLost?: AbortSignal,
): Promise<SentMessage | JobResult> {
  const { outbox, ports } = deps;
  const { message } = state;
  const waitMs = await waitForSendSlot(deps, message, signal);
  if (isTimeout(signal.reason, signal))
    return { result: "snoozed", detail: "no time left to send", until: new Date(ports.now().getTime() + CHANGE_MS) };
  // The loss of the job's lock ends the job, but not this function. Another worker may run the job now.
  signal.throwIfAborted();
  if (waitMs !== undefined) return snoozeUntilSendSlot(deps, message.id, waitMs);
  if (lockLost?.aborted) throw retryable("the takeover lock was lost before the send");
  const at = ports.now();
  if (!(await outbox.begin(state, at)))
    return { result: "snoozed", detail: "the message changes", until: new Date(at.getTime() + CHANGE_MS) };
  return callPlatform(deps, message, at, signal);
}

/** Sends, and records what an error means: whether the platform may have the message, and whether it was rate limited. */
async function callPlatform(
  { outbox, adapter, ports }: OutboundDeps,
  message: OutgoingMessage,
  begunAt: Date,
  signal: AbortSignal,
): Promise<SentMessage> {
  try {
    return await adapter.send(message, { ...ports, signal });
  } catch (error) {
    // Without this, the deadline of the takeover lock would use up the attempts of an answer during an outage.
    if (isTimeout(error, signal))
      throw unavailable("the platform did not answer in time", undefined, { uncertain: true });
    if (!(error instanceof ProviderError)) throw error;
    if (!error.uncertain) await outbox.markRejected(message.id, begunAt, error.next.kind === "rate_limited");
    if (error.code === "unreachable") await outbox.markUnreachable(message.conversationId, ports.now());
    throw error;
  }
}

function isTimeout(error: unknown, { aborted, reason }: AbortSignal): boolean {
  return aborted && error === reason && reason instanceof DOMException && reason.name === "TimeoutError";
}
