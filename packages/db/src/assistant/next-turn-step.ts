import { and, asc, desc, eq, inArray, ne, notInArray, or, isNull, sql } from "drizzle-orm";
import type { Now, Question, AiTurnMessage, AiTurnTimings } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { contacts, conversations, messages, aiTurns } from "../schema/index.ts";
import { endTurn, lockConversationOf, OPEN_TURN, type OpenTurn } from "./debounce.ts";

/** What is next with a turn. */
export type AiTurnStep =
  /** It was answered, superseded or taken over, or there is none. */
  | { step: "over"; why: string }
  /** It gathers, or the AI thinks. */
  | { step: "wait"; state: OpenTurn; until: Date }
  /** The AI is to be asked. */
  | { step: "ask"; question: Question }
  /** It was asked twice and did not answer. */
  | { step: "unanswered" };

/** Turns, for the worker that asks. */
export type AiTurns = {
  /** What is next; a turn whose time has come counts as asked from here on, so that a message that comes supersedes it. */
  next(turnId: string): Promise<AiTurnStep>;
  /** Whether a turn is still as it was: it gathers, or waits for its answer. */
  isStill(state: OpenTurn, turnId: string): Promise<boolean>;
  /**
   * The AI's side has accepted the question; its answer is due from now on. Nothing happens when the turn has gone on
   * meanwhile: it may be over, or gather anew because its conversation was joined with another.
   */
  accepted(turnId: string): Promise<void>;
};

/** How often the AI is asked the same before the turn is given up. */
const MAX_DISPATCHES = 2;

/** Messages before the new ones that the AI is shown. */
const HISTORY = 20;

/** {@link AiTurns} on the tables turns, conversations, contacts and messages. */
export function createAiTurns({ orm }: Database, timings: AiTurnTimings, now: Now): AiTurns {
  return {
    next: (turnId) => orm.transaction((tx) => next(tx, turnId, timings, now())),
    async isStill(state, turnId) {
      const [row] = await orm.select({ state: aiTurns.state }).from(aiTurns).where(eq(aiTurns.id, turnId));
      return row?.state === state;
    },
    async accepted(turnId) {
      await orm
        .update(aiTurns)
        .set({ dispatches: sql`${aiTurns.dispatches} + 1`, dispatchedAt: now(), updatedAt: sql`now()` })
        .where(and(eq(aiTurns.id, turnId), eq(aiTurns.state, "awaiting_reply")));
    },
  };
}

async function next(tx: Executor, turnId: string, { answerTimeoutMs }: AiTurnTimings, at: Date): Promise<AiTurnStep> {
  const conversation = await lockConversationOf(tx, turnId);
  const [turn] = await tx.select().from(aiTurns).where(eq(aiTurns.id, turnId));
  if (!conversation || !turn) return { step: "over", why: "there is no such turn" };
  // One that was given up and has a job again is replayed: it is asked anew unless something came in between.
  const replayed = turn.state === "failed" && !(await hasOpenTurn(tx, conversation.id));
  if (turn.state !== "debouncing" && turn.state !== "awaiting_reply" && !replayed)
    return { step: "over", why: turn.state };
  if (turn.epoch !== conversation.epoch || conversation.mode !== "ai") {
    await endTurn(tx, turnId, "taken_over", at);
    return { step: "over", why: "taken_over" };
  }
  if (turn.state === "debouncing" && turn.dispatchAt > at)
    return { step: "wait", state: turn.state, until: turn.dispatchAt };
  const dispatches = replayed ? 0 : turn.dispatches;
  if (turn.state === "awaiting_reply" && dispatches > 0 && turn.dispatchedAt) {
    const until = new Date(turn.dispatchedAt.getTime() + answerTimeoutMs);
    if (until > at) return { step: "wait", state: turn.state, until };
    if (dispatches >= MAX_DISPATCHES) return { step: "unanswered" };
  }
  await tx
    .update(aiTurns)
    .set({ state: "awaiting_reply", dispatches, dispatchedAt: at, endedAt: null, updatedAt: sql`now()` })
    .where(eq(aiTurns.id, turnId));
  return { step: "ask", question: await questionOf(tx, turn, conversation, dispatches + 1) };
}

async function hasOpenTurn(tx: Executor, conversationId: string): Promise<boolean> {
  const [row] = await tx
    .select({ id: aiTurns.id })
    .from(aiTurns)
    .where(and(eq(aiTurns.conversationId, conversationId), inArray(aiTurns.state, OPEN_TURN)));
  return row !== undefined;
}

async function questionOf(
  tx: Executor,
  turn: typeof aiTurns.$inferSelect,
  conversation: typeof conversations.$inferSelect,
  ask: number,
): Promise<Question> {
  const [contact] = conversation.contactId
    ? await tx.select().from(contacts).where(eq(contacts.id, conversation.contactId))
    : [];
  const asked = await tx
    .select()
    .from(messages)
    .where(and(eq(messages.aiTurnId, turn.id), eq(messages.direction, "inbound")))
    .orderBy(asc(messages.sentAt), asc(messages.createdAt), asc(messages.id));
  const before = await tx
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.conversationId, conversation.id),
        or(isNull(messages.aiTurnId), ne(messages.aiTurnId, turn.id)),
        notInArray(messages.status, ["suppressed", "failed"]),
      ),
    )
    .orderBy(desc(messages.sentAt), desc(messages.createdAt), desc(messages.id))
    .limit(HISTORY);
  return {
    turnId: turn.id,
    epoch: turn.epoch,
    ask,
    reason: turn.reason,
    conversation: {
      id: conversation.id,
      channel: conversation.channel,
      accountId: conversation.accountId,
      title: conversation.title,
      lastUserMessageAt: conversation.lastUserMessageAt?.toISOString() ?? null,
      modeChangedAt: conversation.modeChangedAt?.toISOString() ?? null,
    },
    contact: contact
      ? {
          id: contact.id,
          name: contact.name,
          username: contact.username,
          phone: contact.phone,
          email: contact.email,
        }
      : null,
    messages: asked.map(shown),
    history: before.toReversed().map(shown),
  };
}

function shown(row: typeof messages.$inferSelect): AiTurnMessage {
  return {
    id: row.id,
    direction: row.direction,
    author: row.author ?? (row.direction === "inbound" ? "contact" : "person"),
    type: row.type,
    text: row.body,
    media: mediaOf(row.media),
    sentAt: row.sentAt.toISOString(),
  };
}

function mediaOf(media: unknown): AiTurnMessage["media"] {
  if (typeof media !== "object" || media === null) return null;
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  const { mimeType, filename, stored } = media as Record<string, unknown>;
  const key = typeof stored === "object" && stored !== null && "key" in stored ? text(stored.key) : null;
  return { mimeType: text(mimeType), filename: text(filename), key };
}
