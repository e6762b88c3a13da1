import { eq, sql } from "drizzle-orm";
import { contentHash, permanent, type ProviderError, type QueuedMessages, retryable } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversationIdOf } from "../conversations/aliases.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { sendJob } from "../inbox/follow-up-jobs.ts";
import { conversations, messages } from "../schema/index.ts";

/** The AI turn that messages answer. Messages with an older epoch than their conversation's are not sent. */
export type AnsweredTurn = { turnId: string; epoch: number };

/**
 * Assigns messages their positions in the conversation, inserts them, and adds a send job for each. A message that was
 * queued before keeps its row; only its job is added again.
 * @throws ProviderError permanent when an id belongs to another message, or the conversation does not exist; retryable
 *   when the conversation is merged with another at this moment
 */
export async function queueMessages(
  tx: Executor,
  { followUps }: Pick<EventContext, "followUps">,
  { conversationId, author, messages: queued, at, expiresAt }: QueuedMessages,
  answer?: AnsweredTurn,
): Promise<void> {
  const ids = queued.map(({ id }) => id);
  const findKnown = tx
    .select({ id: messages.id, conversationId: messages.conversationId, payload: messages.payload })
    .from(messages)
    .where(sql`${messages.id} = any(${sql.param(ids)}::uuid[])`)
    .prepare("find_queued_messages");
  // The row lock orders transactions that queue at the same time: positions follow the order of their commits.
  const [known, [conversation]] = await Promise.all([
    findKnown.execute(),
    reservePositions(tx, conversationId, queued.length, at),
  ]);
  for (const { id, content } of queued) {
    const row = known.find((candidate) => candidate.id === id);
    if (row && (row.conversationId !== conversationId || contentHash(row.payload) !== contentHash(content)))
      throw permanent("the Idempotency-Key was used before, for another message", "idempotency_key");
  }
  const added = queued.filter(({ id }) => !known.some((row) => row.id === id));
  if (added.length < queued.length) await reservePositions(tx, conversationId, added.length - queued.length, at);
  if (!conversation) throw await missing(tx, conversationId);
  const { lastPosition, ...columns } = conversation;
  const first = lastPosition - queued.length + 1;
  const rows = added.map((part, index): typeof messages.$inferInsert => ({
    ...columns,
    conversationId,
    id: part.id,
    direction: "outbound",
    author,
    type: part.type,
    body: part.body ?? null,
    replyTo: part.replyTo ?? null,
    payload: part.content,
    status: "queued",
    position: first + index,
    sentAt: at,
    expiresAt: expiresAt ?? null,
    aiTurnId: answer?.turnId ?? null,
    epoch: answer?.epoch ?? null,
  }));
  if (rows.length > 0) await tx.insert(messages).values(rows).prepare(`queue_messages_${rows.length}`).execute();
  followUps.push(...queued.map(({ id }) => sendJob({ id, conversationId, expiresAt: expiresAt ?? null, ...columns })));
}

/** The error for a conversation that does not exist: it was merged while this waited for its lock, or never existed. */
async function missing(tx: Executor, conversationId: string): Promise<ProviderError> {
  const [row] = await tx.execute<{ id: string }>(sql`select ${conversationIdOf(conversationId)} as id`);
  return row?.id === conversationId
    ? permanent(`no conversation ${conversationId}`, "no_conversation")
    : retryable("the conversation was merged with another meanwhile");
}

/**
 * Moves a conversation's last position by `count`; a negative count releases positions that were not used. Returns no
 * row when the conversation does not exist.
 */
function reservePositions(tx: Executor, conversationId: string, count: number, at: Date) {
  return tx
    .update(conversations)
    .set({
      lastPosition: sql`${conversations.lastPosition} + ${count}`,
      lastMessageAt: sql`greatest(${conversations.lastMessageAt}, ${at.toISOString()}::timestamptz)`,
      updatedAt: sql`now()`,
    })
    .where(eq(conversations.id, conversationId))
    .returning({
      tenantId: conversations.tenantId,
      channel: conversations.channel,
      accountId: conversations.accountId,
      contactId: conversations.contactId,
      lastPosition: conversations.lastPosition,
    })
    .prepare("reserve_positions")
    .execute();
}
