import { and, eq, exists, gt, inArray, ne, notExists, notInArray, or, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Executor } from "../connection/database.ts";
import { aiTurns, messages } from "../schema/index.ts";
import { OPEN_TURN_STATES } from "./open-turn.ts";

/**
 * Whether no message was sent to the conversation since an AI turn was opened, as SQL about a row of ai_turns. The
 * database's clock sets both times. Messages that were not sent do not count.
 */
function nothingSentSince(tx: Executor) {
  return notExists(
    tx
      .select({ one: sql`1` })
      .from(messages)
      .where(
        and(
          eq(messages.conversationId, aiTurns.conversationId),
          eq(messages.direction, "outbound"),
          notInArray(messages.status, ["suppressed", "failed"]),
          gt(messages.createdAt, aiTurns.createdAt),
        ),
      ),
  );
}

/** Selects the failed AI turns of a conversation with messages that no one answered since. */
function pendingTurns(tx: Executor, conversationId: string) {
  return and(eq(aiTurns.conversationId, conversationId), eq(aiTurns.state, "failed"), nothingSentSince(tx));
}

/** Moves the messages of failed AI turns that no one answered to a new turn, which asks about them too. */
export async function moveMessagesOfFailedTurns(tx: Executor, conversationId: string, turnId: string): Promise<void> {
  const failed = tx.select({ id: aiTurns.id }).from(aiTurns).where(pendingTurns(tx, conversationId));
  await tx
    .update(messages)
    .set({ aiTurnId: turnId })
    .where(and(inArray(messages.aiTurnId, failed), eq(messages.direction, "inbound")))
    .prepare("move_pending_messages")
    .execute();
}

/** Moves failed AI turns that no one answered to `taken_over`, so that the hand-back to `epoch + 2` asks about their messages. */
export async function takeOverFailedTurns(tx: Executor, conversationId: string, epoch: number): Promise<void> {
  await tx
    .update(aiTurns)
    .set({ state: "taken_over", epoch, updatedAt: sql`now()` })
    .where(pendingTurns(tx, conversationId));
}

/**
 * Whether the messages of a failed AI turn are the customer's last ones and no one answered them: the turn still has its
 * messages, and no message was sent and no other turn was opened since.
 */
export async function isStillPending(tx: Executor, turnId: string): Promise<boolean> {
  const own = tx
    .select({ id: messages.id })
    .from(messages)
    .where(and(eq(messages.aiTurnId, aiTurns.id), eq(messages.direction, "inbound")));
  const other = alias(aiTurns, "other");
  const isLater = or(gt(other.createdAt, aiTurns.createdAt), inArray(other.state, OPEN_TURN_STATES));
  const later = tx
    .select({ id: other.id })
    .from(other)
    .where(and(eq(other.conversationId, aiTurns.conversationId), ne(other.id, aiTurns.id), isLater));
  const [row] = await tx
    .select({ id: aiTurns.id })
    .from(aiTurns)
    .where(and(eq(aiTurns.id, turnId), exists(own), notExists(later), nothingSentSince(tx)));
  return row !== undefined;
}
