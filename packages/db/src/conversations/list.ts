import { desc, eq, type SQL, sql } from "drizzle-orm";
import type { Database } from "../connection/database.ts";
import { contacts, conversations, messages } from "../schema/index.ts";

/** A conversation as `millrace conversations` shows it. */
export type ListedConversation = {
  id: string;
  channel: string;
  contact: string | null;
  mode: string;
  epoch: number;
  lastMessageAt: Date | null;
  /** How many outbound messages are not sent yet. */
  unsent: number;
};

/**
 * Lists the conversations with the messages that were recorded last, and new ones without a message, by their latest
 * message, newest first. An index of `last_message_at` would do, but it would be changed with every message.
 */
export function listConversations({ orm }: Database, limit: number): Promise<ListedConversation[]> {
  return orm
    .select({
      id: conversations.id,
      channel: conversations.channel,
      contact: sql<string | null>`coalesce(${conversations.title}, ${contacts.name}, ${contacts.username})`,
      mode: conversations.mode,
      epoch: conversations.epoch,
      lastMessageAt: conversations.lastMessageAt,
      unsent: sql<number>`(select count(*)::int from ${messages} where ${messages.conversationId} = ${conversations.id}
        and ${messages.status} in ('queued', 'sending'))`,
    })
    .from(conversations)
    .leftJoin(contacts, eq(contacts.id, conversations.contactId))
    .where(sql`${conversations.id} = any(array(${latest(limit)}))`)
    .orderBy(desc(sql`coalesce(${conversations.lastMessageAt}, ${conversations.createdAt})`))
    .limit(limit);
}

/** Walks the messages backwards by their ids, which grow with the time, and skips the conversations that it has seen. */
function latest(limit: number): SQL {
  return sql`
    with recursive seen (message_id, conversation_id, conversations) as (
      (select id, conversation_id, array[conversation_id] from messages order by id desc limit 1)
      union all
      select next.id, next.conversation_id, seen.conversations || next.conversation_id
      from seen cross join lateral (
        select id, conversation_id from messages
        where id < seen.message_id and conversation_id <> all(seen.conversations) order by id desc limit 1) as next
      where cardinality(seen.conversations) < ${limit})
    select conversation_id from seen union (select id from conversations order by id desc limit ${limit})`;
}
