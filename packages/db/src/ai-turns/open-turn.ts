import { eq, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { type DatabaseNow, later } from "../connection/database-clock.ts";
import { aiTurns, conversations } from "../schema/index.ts";

/** The fields of a conversation that an AI turn copies. The transaction holds the conversation's row lock. */
export type LockedConversation = { id: string; tenantId: string; epoch: number };

/** The states of an AI turn that has not ended. */
export const OPEN_TURN_STATES = ["debouncing", "awaiting_reply"] as const;
/** One of {@link OPEN_TURN_STATES}. */
export type OpenTurnState = (typeof OPEN_TURN_STATES)[number];

/** Inserts an AI turn in the state `debouncing`, which is due in `waitMs` from now. */
export async function openTurn(
  tx: Executor,
  now: DatabaseNow,
  { id: conversationId, tenantId, epoch }: LockedConversation,
  { waitMs, ...turn }: { id: string; reason: "message" | "hand_back"; waitMs: number },
): Promise<void> {
  const times = { openedAt: now(), dispatchAt: later(now(), waitMs) };
  await tx
    .insert(aiTurns)
    .values({ ...turn, ...times, conversationId, tenantId, epoch, state: "debouncing" })
    .prepare("open_turn")
    .execute();
}

/** Moves an AI turn to a terminal state. */
export async function endTurn(
  tx: Executor,
  id: string,
  state: "answered" | "superseded" | "taken_over" | "failed",
): Promise<void> {
  await tx
    .update(aiTurns)
    .set({ state, endedAt: sql`now()`, updatedAt: sql`now()` })
    .where(eq(aiTurns.id, id));
}

/**
 * Locks the row of an AI turn's conversation, so that no message and no takeover changes the turn until the transaction
 * ends. Returns undefined when the turn does not exist. A merge can move the turn to another conversation while this
 * waits for the lock; then it locks that conversation.
 */
export async function lockConversationOf(
  tx: Executor,
  turnId: string,
): Promise<typeof conversations.$inferSelect | undefined> {
  for (;;) {
    const [turn] = await tx
      .select({ conversationId: aiTurns.conversationId })
      .from(aiTurns)
      .where(eq(aiTurns.id, turnId));
    if (!turn) return undefined;
    const [conversation] = await tx
      .select()
      .from(conversations)
      .where(eq(conversations.id, turn.conversationId))
      .for("update");
    if (conversation) return conversation;
  }
}
