import type { CheckResult } from "./check-result.ts";
import type { Snapshot } from "./snapshot.ts";

/** A lost lock frees the takeover while the answer is on its way: at most as long as a call to a provider takes, in ms. */
const CALL_MS = 30_000;

/**
 * 7: no AI answer arrives after a takeover or hand-back committed that its question does not know. A merge moves the answers
 * of two conversations into one: before it, an answer does not know the changes of the other conversation and need not.
 */
export function takeovers({ messages, modeChanges, mergedAt, sent, observations }: Snapshot): CheckResult {
  const changes = Map.groupBy(modeChanges, ({ conversationId }) => conversationId);
  const lockLosses = observations.faults.filter(({ resource }) => resource === "postgres");
  const late = messages
    .filter(({ author, epoch }) => author === "ai" && epoch !== null)
    .flatMap((row) => {
      const send = sent.find((message) =>
        row.channel === "telegram"
          ? `${message.to}/${message.externalId}` === row.externalId
          : message.messageId === row.id,
      );
      const at = Date.parse(send?.at ?? "");
      const since = mergedAt.get(row.conversationId) ?? 0;
      const change = changes
        .get(row.conversationId)
        ?.find(({ epoch, committedAt }) => epoch > (row.epoch ?? 0) && since < committedAt && committedAt < at);
      return change ? [{ id: row.id, at, ...change }] : [];
    });
  const hadLock = late.filter(({ at }) => !lockLosses.some(({ from, to }) => from - CALL_MS < at && at < to + CALL_MS));
  return {
    check: "7: takeovers",
    counts: { "takeovers and hand-backs": modeChanges.length, "late after a lost lock": late.length - hadLock.length },
    violations: hadLock.map(
      ({ id, at, committedAt, epoch }) =>
        `answer ${id} arrived ${Math.round(at - committedAt)} ms after epoch ${epoch} committed`,
    ),
  };
}
