import { eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../database.ts";
import { cases, conversations } from "../schema/index.ts";
import { messages } from "../schema/messages.ts";

/**
 * Makes two conversations one. The other's case goes with it, because a case is opened by its conversation. A person
 * stays in charge if one was in charge of either.
 */
export async function mergeConversations(tx: Executor, survivor: string, other: string): Promise<void> {
  const rows = await tx
    .select()
    .from(conversations)
    .where(inArray(conversations.id, [survivor, other]));
  const kept = rows.find((row) => row.id === survivor);
  const gone = rows.find((row) => row.id === other);
  if (!kept || !gone) return;
  await tx.update(messages).set({ conversationId: survivor }).where(eq(messages.conversationId, other));
  await tx
    .update(conversations)
    .set({
      mode: kept.mode === "human" || gone.mode === "human" ? "human" : "ai",
      epoch: Math.max(kept.epoch, gone.epoch) + 1,
      lastMessageAt: later(kept.lastMessageAt, gone.lastMessageAt),
      lastUserMessageAt: later(kept.lastUserMessageAt, gone.lastUserMessageAt),
      updatedAt: sql`now()`,
    })
    .where(eq(conversations.id, survivor));
  await tx.delete(conversations).where(eq(conversations.id, other));
  await tx.delete(cases).where(eq(cases.id, gone.caseId));
}

function later(one: Date | null, two: Date | null): Date | null {
  return (one?.getTime() ?? 0) >= (two?.getTime() ?? 0) ? one : two;
}
