import type { QueueJob, QueueJobJson } from "@bull-board/api/typings/app";
import type { DeadLetter, Replays } from "@millrace/db";
import type { QueueDefinition } from "@millrace/queue";
import { ChangeRejectedError } from "./change-rejected-error.ts";
import { jobDataOf, payloadOf } from "./job-data.ts";

/** Jobs per second of a replay that Bull Board's retry buttons start. */
export const BOARD_REPLAY_RATE = 50;

/** Bull Board's status for each state of a dead letter. */
const STATUS = { dead: "failed", replaying: "active", resolved: "completed", discarded: "completed" } as const;

/** What Bull Board's buttons for a dead letter call. */
export type DeadLetterActions = {
  replays: Replays;
  definitions: readonly QueueDefinition[];
  /** Returns the name of the operator who sent the current request. */
  actor(): string;
};

/** A dead letter as a job of Bull Board: retry starts a replay, remove discards it, update-data edits its payload. */
export function deadLetterJob(deadLetter: DeadLetter, { replays, definitions, actor }: DeadLetterActions): QueueJob {
  const selection = { ids: [deadLetter.id] };
  return {
    opts: {},
    toJSON: () => jsonOf(deadLetter),
    getState: () => Promise.resolve(STATUS[deadLetter.state]),
    async retry() {
      if (!(await replays.start(selection, BOARD_REPLAY_RATE, { actor: actor() })))
        throw new ChangeRejectedError("The dead letter is not in state dead, or a replay already contains it");
    },
    async remove() {
      if ((await replays.discard(selection, { actor: actor() })) === 0)
        throw new ChangeRejectedError("Only a dead letter in state dead can be discarded");
    },
    async updateData(data) {
      const payload = payloadOf(deadLetter, data, definitions);
      if (!(await replays.edit(deadLetter.id, payload, { actor: actor() })))
        throw new ChangeRejectedError("Only a dead letter in state dead can be edited");
    },
    promote: () => Promise.reject(new ChangeRejectedError("A dead letter is not delayed: retry it instead")),
  };
}

function jsonOf(deadLetter: DeadLetter): QueueJobJson {
  const { id, queue, kind, account, state, attempts, error, errorKind, receivedAt, failedAt, resolvedAt } = deadLetter;
  const isTerminal = state === "resolved" || state === "discarded";
  const failure = `${errorKind}: ${error}`;
  return {
    id,
    name: `${queue} · ${kind}`,
    progress: 0,
    attemptsMade: attempts,
    timestamp: receivedAt.getTime(),
    processedOn: deadLetter.firstFailedAt.getTime(),
    finishedOn: failedAt.getTime(),
    failedReason: isTerminal ? "" : failure,
    stacktrace: isTerminal ? [] : [failure],
    data: jobDataOf(deadLetter),
    returnvalue: isTerminal ? { state, at: resolvedAt, error: failure } : null,
    opts: { queue, jobId: deadLetter.jobId, ...(account === null ? {} : { account }) },
  };
}
