import { and, eq, sql } from "drizzle-orm";
import type { AiTurnTimings, Now, Question } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { databaseNow, type DatabaseNow, msUntil } from "../connection/database-clock.ts";
import { aiTurns } from "../schema/index.ts";
import { endTurn, lockConversationOf, type OpenTurnState } from "./open-turn.ts";
import { questionOf } from "./question.ts";
import { isStillPending } from "./failed-turns.ts";

/** The next step of an AI turn. */
export type AiTurnStep =
  /** The turn has ended, or does not exist. `why` is its state, or a reason. */
  | { step: "ended"; why: string }
  /** The turn is debouncing, or awaits its reply, `until` a time by the caller's clock. */
  | { step: "wait"; state: OpenTurnState; until: Date }
  /** The question is due for dispatch. */
  | { step: "ask"; question: Question }
  /** Every dispatch timed out. */
  | { step: "timed_out" };

/** AI turns, as the worker processes them. */
export type AiTurns = {
  /** Returns the next step. A due turn awaits its reply from here on, so that a later message supersedes it. */
  next(turnId: string): Promise<AiTurnStep>;
  /** Whether a turn is still in this state. */
  isInState(state: OpenTurnState, turnId: string): Promise<boolean>;
  /**
   * Records that the AI's integration accepted the question; the timeout for the answer starts now. Does nothing when
   * the turn has ended, or is debouncing again because its conversation was merged with another.
   */
  markDispatched(turnId: string): Promise<void>;
};

/** How many dispatches of one question may time out before the turn fails. */
const MAX_DISPATCHES = 2;

/**
 * {@link AiTurns} on the tables ai_turns, conversations, contacts and messages. Their times are those of the database's
 * clock.
 */
export function createAiTurns({ orm }: Database, timings: AiTurnTimings, now: Now, clock = databaseNow): AiTurns {
  const waiting = (state: OpenTurnState, waitMs: number) =>
    ({ step: "wait", state, until: new Date(now().getTime() + waitMs) }) as const;
  return {
    next: (turnId) => orm.transaction((tx) => next(tx, turnId, { ...timings, clock, waiting })),
    async isInState(state, turnId) {
      const [row] = await orm.select({ state: aiTurns.state }).from(aiTurns).where(eq(aiTurns.id, turnId));
      return row?.state === state;
    },
    async markDispatched(turnId) {
      await orm
        .update(aiTurns)
        .set({ dispatches: sql`${aiTurns.dispatches} + 1`, dispatchedAt: clock(), updatedAt: sql`now()` })
        .where(and(eq(aiTurns.id, turnId), eq(aiTurns.state, "awaiting_reply")));
    },
  };
}

/** What {@link next} needs besides the turn. */
type StepDeps = Pick<AiTurnTimings, "answerTimeoutMs"> & {
  clock: DatabaseNow;
  waiting(state: OpenTurnState, waitMs: number): AiTurnStep;
};

async function next(tx: Executor, turnId: string, { answerTimeoutMs, clock, waiting }: StepDeps): Promise<AiTurnStep> {
  const conversation = await lockConversationOf(tx, turnId);
  const dueInMs = msUntil(aiTurns.dispatchAt, clock);
  const dispatchedInMs = sql<number | null>`${msUntil(aiTurns.dispatchedAt, clock)}`;
  const [row] = await tx.select({ turn: aiTurns, dueInMs, dispatchedInMs }).from(aiTurns).where(eq(aiTurns.id, turnId));
  if (!conversation || !row) return { step: "ended", why: "no such AI turn" };
  const { turn } = row;
  // A failed turn with a job is being replayed: it is dispatched again unless the conversation has gone on since.
  const replayed = turn.state === "failed" && (await isStillPending(tx, turnId));
  if (turn.state === "failed" && !replayed) {
    await endTurn(tx, turnId, "superseded");
    return { step: "ended", why: "superseded" };
  }
  if (turn.state !== "debouncing" && turn.state !== "awaiting_reply" && !replayed)
    return { step: "ended", why: turn.state };
  if (turn.epoch !== conversation.epoch || conversation.mode !== "ai") {
    await endTurn(tx, turnId, "taken_over");
    return { step: "ended", why: "taken_over" };
  }
  if (turn.state === "debouncing" && row.dueInMs > 0) return waiting(turn.state, row.dueInMs);
  const dispatches = replayed ? 0 : turn.dispatches;
  if (turn.state === "awaiting_reply" && dispatches > 0 && row.dispatchedInMs !== null) {
    const answerInMs = row.dispatchedInMs + answerTimeoutMs;
    if (answerInMs > 0) return waiting(turn.state, answerInMs);
    if (dispatches >= MAX_DISPATCHES) return { step: "timed_out" };
  }
  await tx
    .update(aiTurns)
    .set({ state: "awaiting_reply", dispatches, dispatchedAt: clock(), endedAt: null, updatedAt: sql`now()` })
    .where(eq(aiTurns.id, turnId));
  return { step: "ask", question: await questionOf(tx, turn, conversation, dispatches + 1) };
}
