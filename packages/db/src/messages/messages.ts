import { sql } from "drizzle-orm";
import type { MessageChange, MessageKey, MessageStatusReport, NewMessage } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { lockNames } from "../connection/advisory-locks.ts";
import { messageChanges, messages, messageStatuses } from "../schema/messages.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { sendJob } from "../inbox/follow-up-jobs.ts";
import { applyChanges } from "./changes.ts";
import { adopt, applyStatuses, messageLockName } from "./statuses.ts";
import { afterInboundMessage } from "./after-inbound-message.ts";
import { fetchMedia } from "./fetch-media.ts";

/** Messages with their statuses and changes. */
export type MessageStore = {
  /** Writes a message once and applies the statuses and changes that arrived earlier. */
  add(message: NewMessage): Promise<void>;
  /** Records a status. The message's own status only moves forward. */
  addStatus(status: MessageStatusReport): Promise<void>;
  /** Records a change under its own id and applies it. The latest `at` wins, in any order of arrival. */
  addChange(target: MessageKey, change: MessageChange & { changeId: string; at: Date }): Promise<void>;
};

/** {@link MessageStore} on the tables messages, message_statuses and message_changes. */
export function messageStore(tx: Executor, context: EventContext): MessageStore {
  const { newId, event, domainEvents } = context;

  /** Applies the changes of a message. A file that the message got is fetched. */
  async function changeMessage(key: MessageKey): Promise<void> {
    const added = await applyChanges(tx, key);
    if (added) fetchMedia(context, { ...key, tenantId: added.tenantId }, added.media);
  }

  return {
    async add(message) {
      const { tenantId, conversationId, channel, accountId, externalId, direction, type, sentAt, payload, status } =
        message;
      const insertion = tx
        .insert(messages)
        .values({
          id: newId(),
          tenantId,
          conversationId,
          channel,
          accountId,
          externalId,
          direction,
          type,
          sentAt,
          payload,
          status,
          author: direction === "inbound" ? "contact" : "person",
          contactId: message.contactId ?? null,
          body: message.body ?? null,
          media: message.media ?? null,
          call: message.call ?? null,
          replyTo: message.replyTo ?? null,
          createdAt: event?.receivedAt,
          requestIndex: event?.index ?? 0,
          requestId: event?.request ?? null,
        })
        .onConflictDoNothing()
        .returning({ id: messages.id, hasChanges: hasChanges(message) })
        .prepare("add_message");
      const [, [added]] = await Promise.all([lockMessage(tx, message), insertion.execute()]);
      if (added?.hasChanges) await changeMessage(message);
      if (!added) return;
      // The recording of a call is fetched in both directions, other files only from the contact.
      if (message.media && (direction === "inbound" || message.call)) fetchMedia(context, message, message.media);
      if (direction === "outbound") return applyStatuses(tx, context, message);
      domainEvents.push({
        type: "message.received",
        tenantId,
        subjectId: added.id,
        payload: { conversationId, contactId: message.contactId, channel, type },
      });
      await afterInboundMessage(tx, context, added.id, message);
    },

    async addStatus(status) {
      const { channel, accountId, externalId, at, payload, messageId } = status;
      const insertion = tx
        .insert(messageStatuses)
        .values({
          id: newId(),
          channel,
          accountId,
          externalId,
          at,
          payload,
          status: status.status,
          participant: status.participant ?? "",
          errorCode: status.error?.code ?? null,
          errorTitle: status.error?.title ?? null,
        })
        .onConflictDoNothing()
        .returning({ id: messageStatuses.id })
        .prepare("add_status");
      const [, added] = await Promise.all([lockMessage(tx, status), insertion.execute()]);
      const conversationId = messageId === undefined ? undefined : await adopt(tx, context, status, messageId, at);
      if (conversationId !== undefined && messageId !== undefined)
        context.followUps.push({ ...sendJob({ id: messageId, channel, accountId, conversationId }), promote: true });
      if (added.length > 0 || conversationId !== undefined) await applyStatuses(tx, context, status);
    },

    async addChange(target, change) {
      const { channel, accountId, externalId } = target;
      const insertion = tx
        .insert(messageChanges)
        .values({
          id: newId(),
          channel,
          accountId,
          externalId,
          changeId: change.changeId,
          kind: change.kind,
          actor: change.kind === "reaction" ? change.actor : null,
          emoji: change.kind === "reaction" ? (change.emoji ?? null) : null,
          ...contentOf(change),
          at: change.at,
          createdAt: event?.receivedAt,
          requestIndex: event?.index ?? 0,
        })
        .onConflictDoNothing()
        .returning({ id: messageChanges.id })
        .prepare("add_change");
      const [, added] = await Promise.all([lockMessage(tx, target), insertion.execute()]);
      if (added.length > 0) await changeMessage(target);
    },
  };
}

/** The body and the payload of a change's row. */
function contentOf(change: MessageChange): { body?: string | undefined; payload?: unknown } {
  switch (change.kind) {
    case "edit":
      return { body: change.body, payload: change.payload };
    case "media":
      return { payload: change.media };
    case "transcript":
      return { body: change.transcript };
    case "revoke":
    case "reaction":
      return {};
  }
}

/**
 * Locks a message, because two workers can process a message and its status at the same time without seeing each
 * other's row. The lock and the insert after it are pipelined in one round trip: the insert starts, and takes its
 * snapshot, once the lock is held.
 */
function lockMessage(tx: Executor, key: MessageKey): Promise<void> {
  return lockNames(tx, [messageLockName(key)]);
}

/** Whether changes of a message arrived before the message, as SQL. */
function hasChanges(key: MessageKey) {
  return sql<boolean>`exists (select 1 from ${messageChanges} where ${messageChanges.channel} = ${key.channel}
    and ${messageChanges.accountId} = ${key.accountId} and ${messageChanges.externalId} = ${key.externalId})`;
}
