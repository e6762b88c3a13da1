import { and, eq, inArray, sql } from "drizzle-orm";
import type { AiTurnTimings } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { aiTurns, messages } from "../schema/index.ts";
import { endTurn, type LockedConversation, OPEN_TURN_STATES, openTurn } from "./open-turn.ts";
import { moveMessagesOfFailedTurns } from "./failed-turns.ts";

/**
 * Returns the AI turn that a new message belongs to. A debouncing turn waits for more messages, up to the cap. A turn
 * that awaits its reply is superseded: a new turn takes over its messages and asks about all of them. A new turn also takes
 * over the messages of failed turns that no one answered.
 */
export async function debounce(
  tx: Executor,
  { newId, now }: Pick<EventContext, "newId" | "now">,
  conversation: LockedConversation,
  { debounceMs, debounceCapMs }: AiTurnTimings,
): Promise<{ id: string; dispatchAt: Date }> {
  const at = now();
  const [open] = await tx
    .select({ id: aiTurns.id, state: aiTurns.state, openedAt: aiTurns.openedAt })
    .from(aiTurns)
    .where(and(eq(aiTurns.conversationId, conversation.id), inArray(aiTurns.state, OPEN_TURN_STATES)))
    .prepare("find_open_turn")
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
  await Promise.all([
    openTurn(tx, conversation, { ...turn, reason: "message", openedAt: at }),
    moveMessagesOfFailedTurns(tx, conversation.id, turn.id),
  ]);
  if (open)
    await tx
      .update(messages)
      .set({ aiTurnId: turn.id })
      .where(and(eq(messages.aiTurnId, open.id), eq(messages.direction, "inbound")));
  return turn;
}
