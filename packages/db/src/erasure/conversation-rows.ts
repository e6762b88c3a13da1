import { and, eq, inArray, or, sql } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import { OPEN_TURN_STATES } from "../ai-turns/open-turn.ts";
import type { Executor } from "../connection/database.ts";
import { aiTurns, conversationAliases, conversations, threadStates } from "../schema/index.ts";
import { accountsOfOthers } from "./accounts-of-others.ts";

type Conversation = typeof conversations.$inferSelect;

/**
 * Erases conversations and ends their AI turns. The new epoch and the mode `human` stop jobs that are being processed
 * from asking the AI or sending its answer. Returns the number of conversations.
 */
export async function eraseConversations(
  tx: Executor,
  newId: NewId,
  erased: readonly Conversation[],
  { contactId, replacementId }: { contactId: string; replacementId: string },
): Promise<number> {
  for (const { id, channel, accountId, threadId, epoch } of erased) {
    const newThreadId = threadId === contactId ? replacementId : unusedThreadId(newId);
    await tx
      .update(conversations)
      .set({
        contactId: replacementId,
        threadId: newThreadId,
        title: null,
        clickKind: null,
        clickId: null,
        mode: "human",
        epoch: epoch + 1,
        reachable: false,
        updatedAt: sql`now()`,
      })
      .where(eq(conversations.id, id));
    await tx
      .update(threadStates)
      .set({ threadId: newThreadId, updatedAt: sql`now()` })
      .where(
        and(
          eq(threadStates.channel, channel),
          eq(threadStates.accountId, accountId),
          eq(threadStates.threadId, threadId),
        ),
      );
  }
  const conversationIds = erased.map(({ id }) => id);
  await tx.delete(conversationAliases).where(inArray(conversationAliases.conversationId, conversationIds));
  await tx
    .update(aiTurns)
    .set({ state: "taken_over", endedAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(inArray(aiTurns.conversationId, conversationIds), inArray(aiTurns.state, OPEN_TURN_STATES)));
  return erased.length;
}

/** Erases the state of chats without a conversation, on channels where the id of a direct chat is the person's. */
export async function eraseThreadStates(
  tx: Executor,
  newId: NewId,
  tenantId: string,
  identities: readonly { channel: string; externalId: string }[],
): Promise<number> {
  const isOfOthers = await accountsOfOthers(tx, tenantId);
  const isChatOf = ({ channel, externalId }: (typeof identities)[number]) =>
    and(eq(threadStates.channel, channel), eq(threadStates.threadId, externalId));
  const states =
    identities.length === 0
      ? []
      : await tx
          .select()
          .from(threadStates)
          .where(or(...identities.map(isChatOf)));
  const erased = states.filter(({ channel, accountId }) => !isOfOthers(channel, accountId));
  for (const { channel, accountId, threadId } of erased)
    await tx
      .update(threadStates)
      .set({ threadId: unusedThreadId(newId), updatedAt: sql`now()` })
      .where(and(isChatOf({ channel, externalId: threadId }), eq(threadStates.accountId, accountId)));
  return erased.length;
}

/** A thread id of 19 digits, which no platform uses. Some platforms have only numbers as ids, so it is a number. */
function unusedThreadId(newId: NewId): string {
  return String(BigInt(`0x1${newId().replaceAll("-", "").slice(-15)}`));
}
