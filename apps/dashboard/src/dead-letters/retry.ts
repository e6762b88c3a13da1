import type { MiddlewareHandler } from "hono";
import type { DeadLetterList, Replays } from "@millrace/db";
import { problem } from "../problem.ts";
import { DEAD_LETTERS } from "./adapter.ts";
import { BOARD_RATE } from "./dead-letter-job.ts";

/** What Bull Board's buttons to retry replay with. */
export type RetryParts = {
  letters: DeadLetterList;
  replays: Replays;
  /** Who is signed in. */
  actor(): string;
};

/**
 * Bull Board's retry of one job: in whatever list it stands, its dead letter is replayed. BullMQ's own would give the
 * job one more attempt that nobody is known to have asked for.
 */
export function replayOne({ letters, replays, actor }: RetryParts): MiddlewareHandler<object, "/:queueName/:jobId"> {
  return async (c, next) => {
    const { queueName, jobId } = c.req.param();
    if (queueName === DEAD_LETTERS) return next();
    const letter = await letters.ofJob(queueName, jobId);
    if (!letter) return problem(c, 409, "Refused: it has no dead letter, or none yet; those of a few seconds ago have");
    const replay = await replays.start({ ids: [letter.id] }, BOARD_RATE, { actor: actor() });
    if (!replay) return problem(c, 409, `Refused: its dead letter is ${letter.state}, or is replayed already`);
    return c.body(null, 204);
  };
}

/** Bull Board's retry of all failed jobs of a queue, or of all dead letters: one replay, which begins with a canary. */
export function replayAll({ replays, actor }: RetryParts): MiddlewareHandler<object, "/:queueName/:queueStatus"> {
  return async (c) => {
    const { queueName, queueStatus } = c.req.param();
    if (queueStatus !== "failed") return problem(c, 403, "Refused: only what has failed is run again");
    const selection = queueName === DEAD_LETTERS ? {} : { queue: queueName };
    const replay = await replays.start(selection, BOARD_RATE, { actor: actor() });
    return c.json({ retried: replay?.total ?? 0, skipped: 0 });
  };
}
