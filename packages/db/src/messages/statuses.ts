import { and, eq, isNull, sql } from "drizzle-orm";
import { MESSAGE_STATUSES, type MessageKey } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { messages, messageStatuses } from "../schema/messages.ts";

/** The name by which a message is locked; see locks.ts. */
export function messageName(key: MessageKey): string {
  return `message/${key.channel}/${key.accountId}/${key.externalId}`;
}

/**
 * The platform tells of a message of ours by our own id before we have recorded its: it was taken after all. Its
 * conversation is told, for the message's job to be woken; undefined where nothing was left to learn.
 */
export async function adopt(tx: Executor, key: MessageKey, messageId: string, at: Date): Promise<string | undefined> {
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
    .returning({ conversationId: messages.conversationId })
    .prepare("adopt_message")
    .execute();
  return adopted?.conversationId;
}

/** Rank of a status: its place in MESSAGE_STATUSES, as SQL. */
function rank(status: unknown) {
  return sql`array_position(array[${sql.join(
    MESSAGE_STATUSES.map((name) => sql`${name}`),
    sql`, `,
  )}]::text[], ${status}::text)`;
}

/**
 * Sets the message to the furthest status told of it, with the reason where it failed. A maximum over all of them, so
 * every order gives the same. One participant's failure is not the group message's.
 */
export async function applyStatuses(tx: Executor, key: MessageKey): Promise<void> {
  const furthest = sql`(
    select status, case status when 'failed' then concat(coalesce(error_title, 'it failed'), ' (' || error_code || ')') end as error
    from ${messageStatuses}
    where channel = ${key.channel} and account_id = ${key.accountId} and external_id = ${key.externalId}
      and (participant = '' or status <> 'failed')
    order by ${rank(sql`status`)} desc limit 1
  ) as furthest`;
  await tx
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
    .prepare("apply_statuses")
    .execute();
}

/** Whether the platform told of a message before its id was recorded, as a part of a statement. */
export function statusesWaiting(key: MessageKey) {
  return sql<boolean>`exists (select 1 from ${messageStatuses} where ${messageStatuses.channel} = ${key.channel}
    and ${messageStatuses.accountId} = ${key.accountId} and ${messageStatuses.externalId} = ${key.externalId})`;
}
