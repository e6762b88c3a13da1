import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { turnJob } from "../inbox/follow-up-jobs.ts";
import { aiTurns, type conversations, messages } from "../schema/index.ts";
import { takeOverFailedTurns } from "./failed-turns.ts";
import { OPEN_TURN_STATES } from "./open-turn.ts";

type Conversation = Pick<typeof conversations.$inferSelect, "id" | "mode" | "epoch">;

/** Two conversations that are being merged: the one that stays, and the one that is deleted. */
export type MergedPair = { kept: Conversation; removed: Conversation };

type OpenTurn = { id: string; dispatchAt: Date };

const endedNow = () => ({ endedAt: sql`now()`, updatedAt: sql`now()` });

/**
 * Moves the AI turns of two conversations to the one that stays; `merged` is its mode and epoch after the merge. In mode
 * `ai`, the earliest open turn takes over the messages of the others and is dispatched again. In mode `human`, open
 * turns end, and the next hand-back finds their messages by the epoch before the person's.
 */
export async function mergeAiTurns(
  tx: Executor,
  context: EventContext,
  pair: MergedPair,
  merged: Pick<Conversation, "mode" | "epoch">,
): Promise<void> {
  const { kept, removed } = pair;
  const open = await tx
    .select({ id: aiTurns.id, dispatchAt: aiTurns.dispatchAt })
    .from(aiTurns)
    .where(and(inArray(aiTurns.conversationId, [kept.id, removed.id]), inArray(aiTurns.state, OPEN_TURN_STATES)))
    .orderBy(asc(aiTurns.openedAt), asc(aiTurns.id));
  if (merged.mode === "human") await endForPerson(tx, pair, open, merged.epoch);
  else await dispatchAgain(tx, context, pair, open, merged.epoch);
  await tx.update(aiTurns).set({ conversationId: kept.id }).where(eq(aiTurns.conversationId, removed.id));
}

async function endForPerson(
  tx: Executor,
  { kept, removed }: MergedPair,
  open: readonly OpenTurn[],
  epoch: number,
): Promise<void> {
  for (const side of [kept, removed]) await takeOverFailedTurns(tx, side.id, epoch - 1);
  if (open.length > 0)
    await tx
      .update(aiTurns)
      .set({ state: "taken_over", epoch: epoch - 1, ...endedNow() })
      .where(inArray(aiTurns.id, idsOf(open)));
  for (const side of [kept, removed].filter(({ mode }) => mode === "human")) {
    await tx
      .update(messages)
      .set({ epoch })
      .where(
        and(eq(messages.conversationId, side.id), eq(messages.direction, "inbound"), eq(messages.epoch, side.epoch)),
      );
    await tx
      .update(aiTurns)
      .set({ epoch: epoch - 1 })
      .where(
        and(eq(aiTurns.conversationId, side.id), eq(aiTurns.state, "taken_over"), eq(aiTurns.epoch, side.epoch - 1)),
      );
  }
}

async function dispatchAgain(
  tx: Executor,
  { assistant, followUps }: EventContext,
  { kept, removed }: MergedPair,
  open: readonly OpenTurn[],
  epoch: number,
): Promise<void> {
  // Unsent answers stay valid: both conversations are one now, so their answers get its epoch.
  for (const side of [kept, removed])
    await tx
      .update(messages)
      .set({ epoch })
      .where(
        and(
          eq(messages.conversationId, side.id),
          eq(messages.author, "ai"),
          inArray(messages.status, ["queued", "sending"]),
          eq(messages.epoch, side.epoch),
        ),
      );
  // A replay of a failed turn asks in the epoch of the merged conversation.
  await tx
    .update(aiTurns)
    .set({ epoch })
    .where(and(inArray(aiTurns.conversationId, [kept.id, removed.id]), eq(aiTurns.state, "failed")));
  const [first, ...later] = open;
  if (first === undefined) return;
  if (later.length > 0) {
    await tx
      .update(messages)
      .set({ aiTurnId: first.id })
      .where(and(inArray(messages.aiTurnId, idsOf(later)), eq(messages.direction, "inbound")));
    await tx
      .update(aiTurns)
      .set({ state: "superseded", ...endedNow() })
      .where(inArray(aiTurns.id, idsOf(later)));
  }
  await tx
    .update(aiTurns)
    .set({ state: "debouncing", dispatches: 0, epoch, updatedAt: sql`now()` })
    .where(eq(aiTurns.id, first.id));
  if (assistant) followUps.push({ ...turnJob(assistant.integration, first.id, first.dispatchAt), promote: true });
}

function idsOf(turns: readonly OpenTurn[]): string[] {
  return turns.map(({ id }) => id);
}
