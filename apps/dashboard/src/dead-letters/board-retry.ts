import type { MiddlewareHandler } from "hono";
import type { DeadLetterList, Replays } from "@millrace/db";
import { problem } from "../http/problem.ts";
import { DEAD_LETTERS } from "./adapter.ts";
import { BOARD_REPLAY_RATE } from "./dead-letter-job.ts";

/** Dependencies of Bull Board's retry buttons. */
export type BoardRetryDeps = {
  deadLetters: DeadLetterList;
  replays: Replays;
  /** Returns the name of the operator who sent the current request. */
  actor(): string;
};

/**
 * Bull Board's retry of one failed job, in any queue: replays the job's dead letter. BullMQ's own retry would add an
 * attempt that the audit log does not record.
 */
export function retryOne({
  deadLetters,
  replays,
  actor,
}: BoardRetryDeps): MiddlewareHandler<object, "/:queueName/:jobId"> {
  return async (c, next) => {
    const { queueName, jobId } = c.req.param();
    // The dead letter's own job on the board starts its replay.
    if (queueName === DEAD_LETTERS) return next();
    const deadLetter = await deadLetters.ofJob(queueName, jobId);
    if (!deadLetter) return problem(c, 409, "The job has no dead letter yet: retry it in a few seconds");
    const replay = await replays.start({ ids: [deadLetter.id] }, BOARD_REPLAY_RATE, { actor: actor() });
    if (!replay)
      return problem(c, 409, `The job's dead letter is in state ${deadLetter.state}, or a replay already contains it`);
    return c.body(null, 204);
  };
}

/** Bull Board's retry of all failed jobs of a queue, or of all dead letters: one replay, which starts with one job. */
export function retryAll({ replays, actor }: BoardRetryDeps): MiddlewareHandler<object, "/:queueName/:queueStatus"> {
  return async (c) => {
    const { queueName, queueStatus } = c.req.param();
    if (queueStatus !== "failed") return problem(c, 403, "Only failed jobs can be retried");
    const selection = queueName === DEAD_LETTERS ? {} : { queue: queueName };
    const replay = await replays.start(selection, BOARD_REPLAY_RATE, { actor: actor() });
    return c.json({ retried: replay?.total ?? 0, skipped: 0 });
  };
}
