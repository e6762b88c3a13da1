import { and, eq, inArray, sql } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import { OPEN_TURN_STATES } from "../ai-turns/open-turn.ts";
import type { Executor } from "../connection/database.ts";
import { aiTurns, conversations, threadStates } from "../schema/index.ts";
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
    const newThreadId = threadId === contactId ? replacementId : unusedThreadId(channel, newId);
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
  await tx
    .update(aiTurns)
    .set({ state: "taken_over", endedAt: sql`now()`, updatedAt: sql`now()` })
    .where(
      and(
        inArray(
          aiTurns.conversationId,
          erased.map(({ id }) => id),
        ),
        inArray(aiTurns.state, OPEN_TURN_STATES),
      ),
    );
  return erased.length;
}

/** Erases the state of Telegram chats without a conversation: the id of a private chat is the person's. */
export async function eraseThreadStates(
  tx: Executor,
  newId: NewId,
  tenantId: string,
  identities: readonly { channel: string; externalId: string }[],
): Promise<number> {
  const isOfOthers = await accountsOfOthers(tx, tenantId);
  const userIds = identities.filter(({ channel }) => channel === "telegram").map(({ externalId }) => externalId);
  const isUserChat = and(eq(threadStates.channel, "telegram"), inArray(threadStates.threadId, userIds));
  const states = await tx.select().from(threadStates).where(isUserChat);
  const erased = states.filter(({ accountId }) => !isOfOthers("telegram", accountId));
  for (const { accountId, threadId } of erased)
    await tx
      .update(threadStates)
      .set({ threadId: unusedThreadId("telegram", newId), updatedAt: sql`now()` })
      .where(and(isUserChat, eq(threadStates.accountId, accountId), eq(threadStates.threadId, threadId)));
  return erased.length;
}

/** A thread id that no platform uses. Telegram's ids have at most 52 bits: https://core.telegram.org/bots/api#chat */
function unusedThreadId(channel: Conversation["channel"], newId: NewId): string {
  const id = newId();
  return channel === "telegram" ? String(BigInt(`0x1${id.replaceAll("-", "").slice(-15)}`)) : `erased/${id}`;
}
