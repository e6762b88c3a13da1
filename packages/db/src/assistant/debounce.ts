import { and, eq, inArray, sql } from "drizzle-orm";
import type { TurnTimings } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversations, messages, turns } from "../schema/index.ts";
import type { Following } from "../inbox/follow-up-jobs.ts";

/** A conversation whose row this transaction holds. */
type Conversation = { id: string; tenantId: string; epoch: number };

/** States of a turn that is not over. */
export const OPEN_TURN = ["gathering", "asked"] as const;
/** See {@link OPEN_TURN}. */
export type OpenTurn = (typeof OPEN_TURN)[number];

/**
 * The turn that a new message belongs to. One that gathers waits for more, up to its cap; one that is being thought
 * about is superseded, and what it asked is asked again together with the new message.
 */
export async function gather(
  tx: Executor,
  { newId, now }: Pick<Following, "newId" | "now">,
  conversation: Conversation,
  { gatherMs, gatherCapMs }: TurnTimings,
): Promise<{ id: string; askAt: Date }> {
  const at = now();
  const [open] = await tx
    .select({ id: turns.id, state: turns.state, openedAt: turns.openedAt })
    .from(turns)
    .where(and(eq(turns.conversationId, conversation.id), inArray(turns.state, OPEN_TURN)))
    .prepare("open_turn_of")
    .execute();
  if (open?.state === "gathering") {
    const askAt = new Date(Math.min(at.getTime() + gatherMs, open.openedAt.getTime() + gatherCapMs));
    await tx
      .update(turns)
      .set({ askAt, updatedAt: sql`now()` })
      .where(eq(turns.id, open.id));
    return { id: open.id, askAt };
  }
  if (open) await endTurn(tx, open.id, "superseded", at);
  const turn = { id: newId(), askAt: new Date(at.getTime() + Math.min(gatherMs, gatherCapMs)) };
  await openTurn(tx, conversation, { ...turn, reason: "message", openedAt: at });
  if (open)
    await tx
      .update(messages)
      .set({ turnId: turn.id })
      .where(and(eq(messages.turnId, open.id), eq(messages.direction, "inbound")));
  return turn;
}

/** Writes a turn that gathers. */
export async function openTurn(
  tx: Executor,
  { id: conversationId, tenantId, epoch }: Conversation,
  turn: { id: string; reason: "message" | "hand_back"; openedAt: Date; askAt: Date },
): Promise<void> {
  await tx
    .insert(turns)
    .values({ ...turn, conversationId, tenantId, epoch, state: "gathering" })
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
    .update(turns)
    .set({ state, endedAt: at, updatedAt: sql`now()` })
    .where(eq(turns.id, id));
}

/**
 * The conversation of a turn, whose row is held from here on: neither a new message nor a takeover can come in between.
 * Undefined when there is no such turn. While it was waited for it may have been joined with another, which has the
 * turn then.
 */
export async function holdConversationOf(
  tx: Executor,
  turnId: string,
): Promise<typeof conversations.$inferSelect | undefined> {
  for (;;) {
    const [turn] = await tx.select({ conversationId: turns.conversationId }).from(turns).where(eq(turns.id, turnId));
    if (!turn) return undefined;
    const [conversation] = await tx
      .select()
      .from(conversations)
      .where(eq(conversations.id, turn.conversationId))
      .for("update");
    if (conversation) return conversation;
  }
}
