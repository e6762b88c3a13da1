import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { permanent, type QueuedMessages, retryable, type SentMessage } from "@millrace/core";
import { lockNames } from "../connection/advisory-locks.ts";
import type { Executor } from "../connection/database.ts";
import { contactStore } from "../contacts/contacts.ts";
import { conversationIdOf } from "../conversations/aliases.ts";
import { conversationStore } from "../conversations/conversations.ts";
import { reopenTurns } from "../conversations/takeover.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { conversations, messages } from "../schema/index.ts";
import { queueMessages } from "./queue-messages.ts";
import { CHANGED_MESSAGE, statusChanged } from "./status-changed.ts";
import { applyStatuses, hasStatuses, messageLockName } from "./statuses.ts";

/** Outbound messages and chat actions that are not sent yet. */
export type OutboxStore = {
  /**
   * Writes messages as `queued`, each with its position in the conversation and a job of its own.
   * @throws ProviderError permanent when one of the ids belongs to another message
   */
  queue(messages: QueuedMessages): Promise<void>;
  /** Queues a chat action, which has no position among the messages. `id` is unique. */
  act(action: { id: string; conversationId: string; action: unknown }): Promise<void>;
  /** Records that the platform accepted a message, and applies the statuses that arrived earlier. */
  markSent(messageId: string, sent: SentMessage, at: Date): Promise<void>;
  /** Marks a message as `suppressed`: its answer was requested before a takeover and must not be sent. */
  suppress(messageId: string, reason: string): Promise<void>;
};

/**
 * {@link OutboxStore} on the tables conversations and messages: what an event's transaction writes about outbound
 * messages. What the send processor reads and writes outside of such a transaction is in send-state.ts.
 */
export function outboxStore(tx: Executor, context: EventContext): OutboxStore {
  return {
    queue: (queued) => queueMessages(tx, context, queued),

    async act({ id, conversationId, action }) {
      const [conversation] = await tx
        .select({ id: conversations.id, channel: conversations.channel, accountId: conversations.accountId })
        .from(conversations)
        .where(eq(conversations.id, conversationIdOf(conversationId)));
      if (!conversation) throw permanent(`no conversation ${conversationId}`, "no_conversation");
      const { channel, accountId } = conversation;
      const payload = { accountId, conversationId: conversation.id, action };
      context.followUps.push({ integration: channel, role: "outbound", id: `act.${id}`, kind: "act", payload });
    },

    async markSent(messageId, { externalId, movedTo, recipient }, at) {
      if (recipient) await addRecipientIdentities(tx, context, messageId, recipient);
      const [row] = await tx
        .select({ channel: conversations.channel, accountId: messages.accountId, threadId: conversations.threadId })
        .from(messages)
        .innerJoin(conversations, eq(conversations.id, messages.conversationId))
        .where(eq(messages.id, messageId))
        .prepare("find_thread_of_message")
        .execute();
      if (!row) return;
      const { channel, accountId, threadId } = row;
      // The thread's lock comes before the message's row lock, as in every transaction that moves a thread.
      if (movedTo !== undefined) await conversationStore(tx, context).migrate(channel, accountId, threadId, movedTo);
      const key = { channel, accountId, externalId };
      const update = tx
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
        .returning({ ...CHANGED_MESSAGE, hasStatuses: hasStatuses(key) })
        .prepare("mark_message_sent");
      const [, [sent]] = await Promise.all([lockNames(tx, [messageLockName(key)]), update.execute()]);
      if (sent) context.domainEvents.push(statusChanged(sent, "sent"));
      if (sent?.hasStatuses) await applyStatuses(tx, context, key);
    },

    async suppress(messageId, reason) {
      const currentEpoch = sql`(select ${conversations.epoch} from ${conversations} where ${conversations.id} = ${messages.conversationId})`;
      const isUnsent = and(eq(messages.id, messageId), inArray(messages.status, ["queued", "sending"]));
      const [suppressed] = await tx
        .update(messages)
        .set({ status: "suppressed", error: reason, attemptedAt: null, updatedAt: sql`now()` })
        .where(and(isUnsent, sql`${messages.epoch} is distinct from ${currentEpoch}`))
        .returning({ ...CHANGED_MESSAGE, turnId: messages.aiTurnId });
      if (suppressed) context.domainEvents.push(statusChanged(suppressed, "suppressed"));
      if (suppressed?.turnId) await reopenTurns(tx, [suppressed.turnId]);
      const unsent = suppressed ? [] : await tx.select({ id: messages.id }).from(messages).where(isUnsent);
      if (unsent.length > 0) throw retryable("the conversation was merged with another meanwhile");
    },
  };
}

/** Links the recipient's identities to a contact, so that the recipient's replies join the message's conversation. */
async function addRecipientIdentities(
  tx: Executor,
  context: EventContext,
  messageId: string,
  identities: NonNullable<SentMessage["recipient"]>,
): Promise<void> {
  const [row] = await tx.select({ tenantId: messages.tenantId }).from(messages).where(eq(messages.id, messageId));
  if (row) await contactStore(tx, context).resolve(row.tenantId, identities, {});
}
