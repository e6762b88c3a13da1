import type { QueueJob, QueueJobJson } from "@bull-board/api/typings/app";
import type { DeadLetter, Replays } from "@millrace/db";
import type { QueueDefinition } from "@millrace/queue";
import { jobDataOf, payloadOf } from "./job-data.ts";
import { Refusal } from "./refusal.ts";

/** Dead letters put back by hand, one by one or all, in a second. */
export const BOARD_RATE = 50;

/** The name of a state in Bull Board, which knows none of ours. */
const PLACES = { dead: "failed", replaying: "active", resolved: "completed", discarded: "completed" } as const;

/** What the jobs of the board change things with. */
export type LetterActions = {
  replays: Replays;
  definitions: readonly QueueDefinition[];
  /** Who is signed in. */
  actor(): string;
};

/** A dead letter as Bull Board sees it: a job whose retry is a replay, and whose removal discards it. */
export function letterJob(letter: DeadLetter, { replays, definitions, actor }: LetterActions): QueueJob {
  const onlyThis = { ids: [letter.id] };
  return {
    opts: {},
    toJSON: () => jsonOf(letter),
    getState: () => Promise.resolve(PLACES[letter.state]),
    async retry() {
      if (!(await replays.start(onlyThis, BOARD_RATE, { actor: actor() })))
        throw new Refusal("it is not dead, or is replayed already");
    },
    async remove() {
      if ((await replays.discard(onlyThis, { actor: actor() })) === 0)
        throw new Refusal("only what is dead is discarded");
    },
    async updateData(data) {
      const payload = payloadOf(letter, data, definitions);
      if (!(await replays.edit(letter.id, payload, { actor: actor() })))
        throw new Refusal("only what is dead can be changed");
    },
    promote: () => Promise.reject(new Refusal("a dead letter waits for no time")),
  };
}

function jsonOf(letter: DeadLetter): QueueJobJson {
  const { id, queue, kind, account, state, attempts, error, errorKind, receivedAt, failedAt, resolvedAt } = letter;
  const settled = state === "resolved" || state === "discarded";
  return {
    id,
    name: `${queue} · ${kind}`,
    progress: 0,
    attemptsMade: attempts,
    timestamp: receivedAt.getTime(),
    processedOn: letter.firstFailedAt.getTime(),
    finishedOn: failedAt.getTime(),
    failedReason: settled ? "" : `${errorKind}: ${error}`,
    stacktrace: settled ? [] : [`${errorKind}: ${error}`],
    data: jobDataOf(letter),
    returnvalue: settled ? { state, at: resolvedAt, error: `${errorKind}: ${error}` } : null,
    opts: { queue, jobId: letter.jobId, ...(account === null ? {} : { account }) },
  };
}
