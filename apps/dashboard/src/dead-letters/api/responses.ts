import type { DeadLetter, Replay } from "@millrace/db";

/** A dead letter as the API returns it, without its payload. */
export function summaryOf({ receivedAt, firstFailedAt, failedAt, resolvedAt, history, ...deadLetter }: DeadLetter) {
  const { payload: _payload, payloadHash: _hash, ...summary } = deadLetter;
  return {
    ...summary,
    history: [...history],
    receivedAt: receivedAt.toISOString(),
    firstFailedAt: firstFailedAt.toISOString(),
    failedAt: failedAt.toISOString(),
    resolvedAt: resolvedAt?.toISOString() ?? null,
  };
}

/** A replay as the API returns it. */
export function replayOf({ createdAt, endedAt, ...replay }: Replay) {
  const { id, state, actor, reason, rate, total, detail } = replay;
  const { waiting, replaying, resolved, dead } = replay.progress;
  const progress = { waiting, replaying, resolved, dead, skipped: replay.progress.left };
  const times = { createdAt: createdAt.toISOString(), endedAt: endedAt?.toISOString() ?? null };
  return { id, state, actor, reason, rate, total, detail, progress, ...times };
}
