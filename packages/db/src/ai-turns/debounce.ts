import { and, eq, inArray, sql } from "drizzle-orm";
import type { AiTurnTimings } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { later } from "../connection/database-clock.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { aiTurns, messages } from "../schema/index.ts";
import { endTurn, type LockedConversation, OPEN_TURN_STATES, openTurn } from "./open-turn.ts";
import { moveMessagesOfFailedTurns } from "./failed-turns.ts";

/**
 * An AI turn that waits for its dispatch. `firstDispatchAt` is when the job of a new turn runs, by the caller's clock, which the
 * queue uses. It is undefined for a turn that has its job already: that job waits again when it finds a later time.
 */
export type WaitingTurn = { id: string; firstDispatchAt: Date | undefined };

/**
 * Returns the AI turn that a new message belongs to. A debouncing turn waits for more messages, up to the cap. A turn
 * that awaits its reply is superseded: a new turn takes over its messages and asks about all of them. A new turn also takes
 * over the messages of failed turns that no one answered. The turn's times are those of the database's clock.
 */
export async function debounce(
  tx: Executor,
  { newId, now, databaseNow }: Pick<EventContext, "newId" | "now" | "databaseNow">,
  conversation: LockedConversation,
  { debounceMs, debounceCapMs }: AiTurnTimings,
): Promise<WaitingTurn> {
  const [open] = await tx
    .select({ id: aiTurns.id, state: aiTurns.state })
    .from(aiTurns)
    .where(and(eq(aiTurns.conversationId, conversation.id), inArray(aiTurns.state, OPEN_TURN_STATES)))
    .prepare("find_open_turn")
    .execute();
  if (open?.state === "debouncing") {
    await tx
      .update(aiTurns)
      .set({
        dispatchAt: sql`least(${later(databaseNow(), debounceMs)}, ${later(aiTurns.openedAt, debounceCapMs)})`,
        updatedAt: sql`now()`,
      })
      .where(eq(aiTurns.id, open.id));
    return { id: open.id, firstDispatchAt: undefined };
  }
  if (open) await endTurn(tx, open.id, "superseded");
  const waitMs = Math.min(debounceMs, debounceCapMs);
  const turn = { id: newId(), firstDispatchAt: new Date(now().getTime() + waitMs) };
  await Promise.all([
    openTurn(tx, databaseNow, conversation, { id: turn.id, reason: "message", waitMs }),
    moveMessagesOfFailedTurns(tx, conversation.id, turn.id),
  ]);
  if (open)
    await tx
      .update(messages)
      .set({ aiTurnId: turn.id })
      .where(and(eq(messages.aiTurnId, open.id), eq(messages.direction, "inbound")));
  return turn;
}
