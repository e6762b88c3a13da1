import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { contentHash, type OutboxStore, permanent, retryable, type Sent } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { lockNames } from "../connection/advisory-locks.ts";
import { conversations, messages } from "../schema/index.ts";
import { contactStore } from "../contacts/contacts.ts";
import { conversationStore } from "../conversations/conversations.ts";
import { type EventContext, sendJob } from "../inbox/follow-up-jobs.ts";
import { applyStatuses, messageName, statusesWaiting } from "./statuses.ts";
import { reopen } from "../conversations/takeover.ts";

/** {@link OutboxStore} on the tables conversations and messages. */
export function outboxStore(tx: Executor, following: EventContext): OutboxStore {
  return {
    queue: (queued) => queueMessages(tx, following, queued),

    async act({ id, conversationId, action }) {
      const [place] = await tx
        .select({ channel: conversations.channel, accountId: conversations.accountId })
        .from(conversations)
        .where(eq(conversations.id, conversationId));
      if (!place) throw permanent(`no conversation ${conversationId}`, "no_conversation");
      const payload = { accountId: place.accountId, conversationId, action };
      following.followUps.push({ integration: place.channel, role: "outbound", id: `act.${id}`, kind: "act", payload });
    },

    async markSent(messageId, { externalId, movedTo, recipient }, at) {
      if (recipient) await nameRecipient(tx, following, messageId, recipient);
      const [row] = await tx
        .select({ channel: conversations.channel, accountId: messages.accountId, threadId: conversations.threadId })
        .from(messages)
        .innerJoin(conversations, eq(conversations.id, messages.conversationId))
        .where(eq(messages.id, messageId))
        .prepare("place_of_message")
        .execute();
      if (!row) return;
      const { channel } = row;
      // Before its row is held: whoever moves the thread besides takes them in this order.
      if (movedTo !== undefined)
        await conversationStore(tx, following).migrate(channel, row.accountId, row.threadId, movedTo);
      const key = { channel, accountId: row.accountId, externalId };
      const taking = tx
        .update(messages)
        .set({
          externalId,
          status: "sent",
          sentAt: at,
          attemptedAt: null,
          rateLimitHits: 0,
          error: null,
          updatedAt: sql`now()`,
        })
        .where(and(eq(messages.id, messageId), isNull(messages.externalId)))
        .returning({ told: statusesWaiting(key) })
        .prepare("take_message");
      const [, [taken]] = await Promise.all([lockNames(tx, [messageName(key)]), taking.execute()]);
      if (taken?.told) await applyStatuses(tx, key);
    },

    async suppress(messageId, reason) {
      const presentEpoch = sql`(select ${conversations.epoch} from ${conversations} where ${conversations.id} = ${messages.conversationId})`;
      const unsettled = and(eq(messages.id, messageId), inArray(messages.status, ["queued", "sending"]));
      const [row] = await tx
        .update(messages)
        .set({ status: "suppressed", error: reason, attemptedAt: null, updatedAt: sql`now()` })
        .where(and(unsettled, sql`${messages.epoch} is distinct from ${presentEpoch}`))
        .returning({ turnId: messages.aiTurnId });
      if (row?.turnId) await reopen(tx, [row.turnId]);
      const left = row ? [] : await tx.select({ id: messages.id }).from(messages).where(unsettled);
      if (left.length > 0) throw retryable("the conversation was joined with another meanwhile");
    },
  };
}

/** Whom a message went to bears these names: so what they write comes into the conversation of the message. */
async function nameRecipient(
  tx: Executor,
  following: EventContext,
  messageId: string,
  names: NonNullable<Sent["recipient"]>,
): Promise<void> {
  const [row] = await tx.select({ tenantId: messages.tenantId }).from(messages).where(eq(messages.id, messageId));
  if (row) await contactStore(tx, following).resolve(row.tenantId, names, {});
}

/** Counts a conversation's places up, or back by those that were not used; undefined when there is no such conversation. */
function takePlaces(tx: Executor, conversationId: string, places: number, at: Date) {
  return tx
    .update(conversations)
    .set({
      lastPosition: sql`${conversations.lastPosition} + ${places}`,
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
    .prepare("take_places")
    .execute();
}

/** An answer of the AI: with an older epoch than its conversation's it is not sent. */
export type AnswerOf = { turnId: string; epoch: number };

/** Gives messages their places in the conversation's order, writes them, and has each sent by a job of its own. */
export async function queueMessages(
  tx: Executor,
  { followUps }: Pick<EventContext, "followUps">,
  { conversationId, author, messages: queued, at }: Parameters<OutboxStore["queue"]>[0],
  answer?: AnswerOf,
): Promise<void> {
  const ids = queued.map(({ id }) => id);
  const looking = tx
    .select({ id: messages.id, conversationId: messages.conversationId, payload: messages.payload })
    .from(messages)
    .where(sql`${messages.id} = any(${sql.param(ids)}::uuid[])`)
    .prepare("known_messages");
  // The row's lock orders those who queue at the same moment; the line is in the order of its release.
  const [known, [conversation]] = await Promise.all([
    looking.execute(),
    takePlaces(tx, conversationId, queued.length, at),
  ]);
  for (const { id, content } of queued) {
    const there = known.find((row) => row.id === id);
    if (there && (there.conversationId !== conversationId || contentHash(there.payload) !== contentHash(content)))
      throw permanent("the Idempotency-Key was used before, for another message", "idempotency_key");
  }
  const missing = queued.filter(({ id }) => !known.some((row) => row.id === id));
  if (missing.length < queued.length) await takePlaces(tx, conversationId, missing.length - queued.length, at);
  if (!conversation) throw permanent(`no conversation ${conversationId}`, "no_conversation");
  const { lastPosition, ...place } = conversation;
  const first = lastPosition - queued.length + 1;
  const rows = missing.map((part, index) => ({
    ...place,
    conversationId,
    id: part.id,
    direction: "outbound" as const,
    author,
    type: part.type,
    body: part.body ?? null,
    replyTo: part.replyTo ?? null,
    payload: part.content,
    status: "queued",
    position: first + index,
    sentAt: at,
    turnId: answer?.turnId ?? null,
    epoch: answer?.epoch ?? null,
  }));
  if (rows.length > 0) await tx.insert(messages).values(rows).prepare(`queue_messages_${rows.length}`).execute();
  followUps.push(...queued.map(({ id }) => sendJob({ id, conversationId, ...place })));
}
