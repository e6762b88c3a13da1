import { and, eq, isNull, sql } from "drizzle-orm";
import { MESSAGE_STATUSES, type MessageKey, type MessageStatus } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { messages, messageStatuses } from "../schema/messages.ts";
import { CHANGED_MESSAGE, statusChanged } from "./status-changed.ts";

/** The advisory lock name of a message; see lockNames. */
export function messageLockName(key: MessageKey): string {
  return `message/${key.channel}/${key.accountId}/${key.externalId}`;
}

/**
 * Marks a message as sent when a status carries our own id before the platform's id is recorded: the platform accepted
 * the message although its response was lost. Returns the conversation's id, so that the caller can promote the send
 * job; undefined when the platform's id was recorded before.
 */
export async function adopt(
  tx: Executor,
  { domainEvents }: Pick<EventContext, "domainEvents">,
  key: MessageKey,
  messageId: string,
  at: Date,
): Promise<string | undefined> {
  const [adopted] = await tx
    .update(messages)
    .set({
      externalId: key.externalId,
      status: "sent",
      sentAt: at,
      attemptedAt: null,
      error: null,
      updatedAt: sql`now()`,
    })
    .where(
      and(
        eq(messages.id, messageId),
        eq(messages.channel, key.channel),
        eq(messages.accountId, key.accountId),
        eq(messages.direction, "outbound"),
        isNull(messages.externalId),
      ),
    )
    .returning(CHANGED_MESSAGE)
    .prepare("adopt_message")
    .execute();
  if (adopted) domainEvents.push(statusChanged(adopted, "sent"));
  return adopted?.conversationId;
}

/** The index of a status in MESSAGE_STATUSES, as SQL. */
function rank(status: unknown) {
  return sql`array_position(array[${sql.join(
    MESSAGE_STATUSES.map((name) => sql`${name}`),
    sql`, `,
  )}]::text[], ${status}::text)`;
}

/**
 * Sets the message to the furthest status that the platform reported, with the error of a failure. The result is a
 * maximum, so the order of arrival does not matter. A participant's failure does not fail a message to a group.
 */
export async function applyStatuses(
  tx: Executor,
  { domainEvents }: Pick<EventContext, "domainEvents">,
  key: MessageKey,
): Promise<void> {
  const furthest = sql`(
    select status, case status when 'failed' then concat(coalesce(error_title, 'failed'), ' (' || error_code || ')') end as error
    from ${messageStatuses}
    where channel = ${key.channel} and account_id = ${key.accountId} and external_id = ${key.externalId}
      and (participant = '' or status <> 'failed')
    order by ${rank(sql`status`)} desc limit 1
  ) as furthest`;
  const moved = await tx
    .update(messages)
    .set({ status: sql`furthest.status`, error: sql`furthest.error`, updatedAt: sql`now()` })
    .from(furthest)
    .where(
      and(
        eq(messages.channel, key.channel),
        eq(messages.accountId, key.accountId),
        eq(messages.externalId, key.externalId),
        eq(messages.direction, "outbound"),
        sql`${rank(sql`furthest.status`)} > ${rank(messages.status)}`,
      ),
    )
    .returning({ ...CHANGED_MESSAGE, status: messages.status })
    .prepare("apply_statuses")
    .execute();
  for (const message of moved) domainEvents.push(statusChanged(message, message.status as MessageStatus));
}

/** Whether statuses of a message arrived before its id was recorded, as SQL. */
export function hasStatuses(key: MessageKey) {
  return sql<boolean>`exists (select 1 from ${messageStatuses} where ${messageStatuses.channel} = ${key.channel}
    and ${messageStatuses.accountId} = ${key.accountId} and ${messageStatuses.externalId} = ${key.externalId})`;
}
