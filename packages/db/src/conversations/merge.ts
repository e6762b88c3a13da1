import { count, eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { cases, conversations, conversionUploads } from "../schema/index.ts";
import { messages } from "../schema/messages.ts";
import type { EventContext } from "../inbox/follow-up-jobs.ts";
import { mergeAiTurns } from "../assistant/merge-turns.ts";

/**
 * Makes two conversations one. An open case stays open; where both have one, the survivor's stands for both from the
 * earlier beginning on. A person stays in charge if one was in charge of either.
 */
export async function mergeConversations(
  tx: Executor,
  following: EventContext,
  survivor: string,
  other: string,
): Promise<void> {
  // Waits for transactions that write to either, so that what they write is moved too.
  const rows = await tx
    .select()
    .from(conversations)
    .where(inArray(conversations.id, [survivor, other]))
    .orderBy(conversations.id)
    .for("update");
  const kept = rows.find((row) => row.id === survivor);
  const gone = rows.find((row) => row.id === other);
  if (!kept || !gone) return;
  const merged = {
    mode: kept.mode === "human" || gone.mode === "human" ? ("human" as const) : ("ai" as const),
    // Above both, so that no answer that was asked for in either passes for one that was asked for in the whole.
    epoch: Math.max(kept.epoch, gone.epoch) + 1,
  };
  await mergeAiTurns(tx, following, kept, gone, merged);
  // The places of the one follow those of the other.
  await tx
    .update(messages)
    .set({ conversationId: survivor, position: sql`${messages.position} + ${kept.lastPosition}` })
    .where(eq(messages.conversationId, other));
  await tx
    .update(conversionUploads)
    .set({ conversationId: survivor })
    .where(eq(conversionUploads.conversationId, other));
  await tx.delete(conversations).where(eq(conversations.id, other));
  const clicked = time(gone.clickedAt) > time(kept.clickedAt) ? gone : kept;
  const reach = time(gone.reachableChangedAt) > time(kept.reachableChangedAt) ? gone : kept;
  await tx
    .update(conversations)
    .set({
      caseId: await mergeCases(tx, kept.caseId, gone.caseId),
      title: kept.title ?? gone.title,
      ...merged,
      lastPosition: kept.lastPosition + gone.lastPosition,
      reachable: reach.reachable,
      reachableChangedAt: reach.reachableChangedAt,
      clickKind: clicked.clickKind,
      clickId: clicked.clickId,
      clickedAt: clicked.clickedAt,
      lastMessageAt: later(kept.lastMessageAt, gone.lastMessageAt),
      lastUserMessageAt: later(kept.lastUserMessageAt, gone.lastUserMessageAt),
      updatedAt: sql`now()`,
    })
    .where(eq(conversations.id, survivor));
}

/** The case of the merged conversation. A closed case is history and stays; one of two open ones would have no thread. */
async function mergeCases(tx: Executor, keptCase: string, goneCase: string): Promise<string> {
  if (keptCase === goneCase) return keptCase;
  const rows = await tx
    .select()
    .from(cases)
    .where(inArray(cases.id, [keptCase, goneCase]))
    .orderBy(cases.id)
    .for("update");
  const kept = rows.find((row) => row.id === keptCase);
  const gone = rows.find((row) => row.id === goneCase);
  if (gone?.status !== "open") return keptCase;
  if (kept?.status !== "open") return goneCase;
  const [others] = await tx.select({ count: count() }).from(conversations).where(eq(conversations.caseId, goneCase));
  if (others?.count) return keptCase;
  const openedAt = gone.openedAt < kept.openedAt ? gone.openedAt : kept.openedAt;
  await tx.update(cases).set({ openedAt }).where(eq(cases.id, keptCase));
  await tx.delete(cases).where(eq(cases.id, goneCase));
  return keptCase;
}

function later(one: Date | null, two: Date | null): Date | null {
  return time(one) >= time(two) ? one : two;
}

function time(date: Date | null): number {
  return date?.getTime() ?? Number.NEGATIVE_INFINITY;
}
