import { count, eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { cases, conversations, conversionUploads } from "../schema/index.ts";
import { messages } from "../schema/messages.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { mergeAiTurns } from "../ai-turns/merge.ts";
import { addConversationAlias } from "./aliases.ts";
import { lockOutAnswers } from "./takeover-lock.ts";

/**
 * Merges conversation `other` into `survivor`. An open case stays open; of two open cases, the survivor's remains with
 * the earlier opening time. The mode is `human` if it was in either.
 */
export async function mergeConversations(
  tx: Executor,
  context: EventContext,
  survivor: string,
  other: string,
): Promise<void> {
  // The row locks wait for transactions that write to either, so that their rows are moved too.
  const rows = await tx
    .select()
    .from(conversations)
    .where(inArray(conversations.id, [survivor, other]))
    .orderBy(conversations.id)
    .for("update");
  const kept = rows.find((row) => row.id === survivor);
  const removed = rows.find((row) => row.id === other);
  if (!kept || !removed) return;
  const merged = {
    mode: kept.mode === "human" || removed.mode === "human" ? ("human" as const) : ("ai" as const),
    // Above both epochs, so that no answer requested in either counts as requested in the merged conversation.
    epoch: Math.max(kept.epoch, removed.epoch) + 1,
  };
  // A later takeover of the survivor does not wait for answers that are being sent under the lock of the other conversation.
  // If a person answers only the other one, the merge takes the survivor over.
  await lockOutAnswers(tx, merged.mode === kept.mode ? [other] : [other, survivor]);
  await mergeAiTurns(tx, context, { kept, removed }, merged);
  // The positions of the other conversation follow the survivor's.
  await tx
    .update(messages)
    .set({ conversationId: survivor, position: sql`${messages.position} + ${kept.lastPosition}` })
    .where(eq(messages.conversationId, other));
  await tx
    .update(conversionUploads)
    .set({ conversationId: survivor })
    .where(eq(conversionUploads.conversationId, other));
  await addConversationAlias(tx, other, survivor);
  await tx.delete(conversations).where(eq(conversations.id, other));
  const clicked = time(removed.clickedAt) > time(kept.clickedAt) ? removed : kept;
  const reach = time(removed.reachableChangedAt) > time(kept.reachableChangedAt) ? removed : kept;
  await tx
    .update(conversations)
    .set({
      caseId: await mergeCases(tx, kept.caseId, removed.caseId),
      title: kept.title ?? removed.title,
      ...merged,
      lastPosition: kept.lastPosition + removed.lastPosition,
      reachable: reach.reachable,
      reachableChangedAt: reach.reachableChangedAt,
      clickKind: clicked.clickKind,
      clickId: clicked.clickId,
      clickedAt: clicked.clickedAt,
      lastMessageAt: later(kept.lastMessageAt, removed.lastMessageAt),
      lastUserMessageAt: later(kept.lastUserMessageAt, removed.lastUserMessageAt),
      updatedAt: sql`now()`,
    })
    .where(eq(conversations.id, survivor));
}

/** Returns the case of the merged conversation. A closed case stays; an open case left without a conversation is deleted. */
async function mergeCases(tx: Executor, keptCase: string, removedCase: string): Promise<string> {
  if (keptCase === removedCase) return keptCase;
  const rows = await tx
    .select()
    .from(cases)
    .where(inArray(cases.id, [keptCase, removedCase]))
    .orderBy(cases.id)
    .for("update");
  const kept = rows.find((row) => row.id === keptCase);
  const removed = rows.find((row) => row.id === removedCase);
  if (removed?.status !== "open") return keptCase;
  if (kept?.status !== "open") return removedCase;
  const [others] = await tx.select({ count: count() }).from(conversations).where(eq(conversations.caseId, removedCase));
  if (others?.count) return keptCase;
  const openedAt = removed.openedAt < kept.openedAt ? removed.openedAt : kept.openedAt;
  await tx.update(cases).set({ openedAt }).where(eq(cases.id, keptCase));
  await tx.delete(cases).where(eq(cases.id, removedCase));
  return keptCase;
}

function later(one: Date | null, two: Date | null): Date | null {
  return time(one) >= time(two) ? one : two;
}

function time(date: Date | null): number {
  return date?.getTime() ?? Number.NEGATIVE_INFINITY;
}
