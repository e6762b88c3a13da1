import { and, eq, inArray, sql } from "drizzle-orm";
import type { AiTurnTimings } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversations, messages, aiTurns } from "../schema/index.ts";
import type { EventContext } from "../inbox/follow-up-jobs.ts";

/** A conversation whose row this transaction holds. */
type Conversation = { id: string; tenantId: string; epoch: number };

/** States of a turn that is not over. */
export const OPEN_TURN = ["debouncing", "awaiting_reply"] as const;
/** See {@link OPEN_TURN}. */
export type OpenTurn = (typeof OPEN_TURN)[number];

/**
 * The turn that a new message belongs to. One that gathers waits for more, up to its cap; one that is being thought
 * about is superseded, and what it asked is asked again together with the new message.
 */
export async function debounce(
  tx: Executor,
  { newId, now }: Pick<EventContext, "newId" | "now">,
  conversation: Conversation,
  { debounceMs, debounceCapMs }: AiTurnTimings,
): Promise<{ id: string; dispatchAt: Date }> {
  const at = now();
  const [open] = await tx
    .select({ id: aiTurns.id, state: aiTurns.state, openedAt: aiTurns.openedAt })
    .from(aiTurns)
    .where(and(eq(aiTurns.conversationId, conversation.id), inArray(aiTurns.state, OPEN_TURN)))
    .prepare("open_turn_of")
    .execute();
  if (open?.state === "debouncing") {
    const dispatchAt = new Date(Math.min(at.getTime() + debounceMs, open.openedAt.getTime() + debounceCapMs));
    await tx
      .update(aiTurns)
      .set({ dispatchAt, updatedAt: sql`now()` })
      .where(eq(aiTurns.id, open.id));
    return { id: open.id, dispatchAt };
  }
  if (open) await endTurn(tx, open.id, "superseded", at);
  const turn = { id: newId(), dispatchAt: new Date(at.getTime() + Math.min(debounceMs, debounceCapMs)) };
  await openTurn(tx, conversation, { ...turn, reason: "message", openedAt: at });
  if (open)
    await tx
      .update(messages)
      .set({ aiTurnId: turn.id })
      .where(and(eq(messages.aiTurnId, open.id), eq(messages.direction, "inbound")));
  return turn;
}

/** Writes a turn that gathers. */
export async function openTurn(
  tx: Executor,
  { id: conversationId, tenantId, epoch }: Conversation,
  turn: { id: string; reason: "message" | "hand_back"; openedAt: Date; dispatchAt: Date },
): Promise<void> {
  await tx
    .insert(aiTurns)
    .values({ ...turn, conversationId, tenantId, epoch, state: "debouncing" })
    .prepare("open_turn")
    .execute();
}

/** Ends a turn. */
export async function endTurn(
  tx: Executor,
  id: string,
  state: "answered" | "superseded" | "taken_over" | "failed",
  at: Date,
): Promise<void> {
  await tx
    .update(aiTurns)
    .set({ state, endedAt: at, updatedAt: sql`now()` })
    .where(eq(aiTurns.id, id));
}

/**
 * The conversation of a turn, whose row is held from here on: neither a new message nor a takeover can come in between.
 * Undefined when there is no such turn. While it was waited for it may have been joined with another, which has the
 * turn then.
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
