import { and, eq, sql } from "drizzle-orm";
import { MESSAGE_STATUSES, type MessageKey, type MessageStore, type NewId } from "@millrace/core";
import type { Executor } from "../database.ts";
import { lockNames } from "../locks.ts";
import { messageChanges, messages, messageStatuses } from "../schema/messages.ts";
import { applyChanges } from "./message-changes.ts";

/** {@link MessageStore} on the tables messages, message_statuses and message_changes. */
export function messageStore(tx: Executor, newId: NewId): MessageStore {
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
          contactId: message.contactId ?? null,
          body: message.body ?? null,
          media: message.media ?? null,
          replyTo: message.replyTo ?? null,
        })
        .onConflictDoNothing()
        .returning({ changed: changesWaiting(message) })
        .prepare("add_message");
      const [, [added]] = await Promise.all([lockMessage(tx, message), insertion.execute()]);
      if (added?.changed) await applyChanges(tx, message);
      if (added && direction === "outbound") await applyStatuses(tx, message);
    },

    async addStatus(status) {
      const { channel, accountId, externalId, at, payload } = status;
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
      if (added.length > 0) await applyStatuses(tx, status);
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
          body: change.kind === "edit" ? (change.body ?? null) : null,
          payload: change.kind === "edit" ? change.payload : null,
          at: change.at,
        })
        .onConflictDoNothing()
        .returning({ id: messageChanges.id })
        .prepare("add_change");
      const [, added] = await Promise.all([lockMessage(tx, target), insertion.execute()]);
      if (added.length > 0) await applyChanges(tx, target);
    },
  };
}

/**
 * A message and what is told of it may be worked on at the same moment by two workers, neither seeing the other's row.
 * The lock and the insert behind it are sent together, in this order, and share one round trip: the insert begins, and
 * looks at what is committed, when the lock is had.
 */
function lockMessage(tx: Executor, key: MessageKey): Promise<void> {
  return lockNames(tx, [`message/${key.channel}/${key.accountId}/${key.externalId}`]);
}

function changesWaiting(key: MessageKey) {
  return sql<boolean>`exists (select 1 from ${messageChanges} where ${messageChanges.channel} = ${key.channel}
    and ${messageChanges.accountId} = ${key.accountId} and ${messageChanges.externalId} = ${key.externalId})`;
}

/** Rank of a status: its place in MESSAGE_STATUSES, as SQL. */
function rank(status: unknown) {
  return sql`array_position(array[${sql.join(
    MESSAGE_STATUSES.map((name) => sql`${name}`),
    sql`, `,
  )}]::text[], ${status}::text)`;
}

/**
 * Sets the message to the furthest status told of it. A maximum over all of them, so every order gives the same. One
 * participant's failure is not the group message's.
 */
async function applyStatuses(tx: Executor, key: MessageKey): Promise<void> {
  await tx.execute(sql`
    update ${messages} set status = furthest.status, updated_at = now()
    from (
      select status from ${messageStatuses}
      where channel = ${key.channel} and account_id = ${key.accountId} and external_id = ${key.externalId}
        and (participant = '' or status <> 'failed')
      order by ${rank(sql`status`)} desc limit 1
    ) as furthest
    where ${and(eq(messages.channel, key.channel), eq(messages.accountId, key.accountId), eq(messages.externalId, key.externalId))}
      and ${messages.direction} = 'outbound'
      and ${rank(sql`furthest.status`)} > ${rank(messages.status)}`);
}
