import { desc, eq, sql } from "drizzle-orm";
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

/** Lists conversations by their latest message, newest first. */
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
    .orderBy(desc(sql`coalesce(${conversations.lastMessageAt}, ${conversations.createdAt})`))
    .limit(limit);
}
