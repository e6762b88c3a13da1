import { sql } from "drizzle-orm";
import { bigint, boolean, check, index, integer, pgTable, primaryKey, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";
import { contacts } from "./contacts.ts";
import { tenants } from "./accounts.ts";

/** A concern of a contact, from its opening to its end. */
export const cases = pgTable(
  "cases",
  {
    id: id(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id),
    contactId: uuid("contact_id").references(() => contacts.id),
    status: text("status", { enum: ["open", "closed"] })
      .notNull()
      .default("open"),
    openedAt: time("opened_at").notNull(),
    closedAt: time("closed_at"),
    createdAt: createdAt(),
  },
  (table) => [
    index("cases_tenant_id").on(table.tenantId),
    index("cases_contact_id").on(table.contactId),
    check("cases_status", sql`${table.status} in ('open', 'closed')`),
  ],
);

/** A thread of messages with a person or in a group, on one account. */
export const conversations = pgTable(
  "conversations",
  {
    id: id(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id),
    caseId: uuid("case_id")
      .notNull()
      .references(() => cases.id),
    contactId: uuid("contact_id").references(() => contacts.id),
    /** Id of the integration that carries the conversation. */
    channel: text("channel").notNull(),
    /** The account at the provider: a phone number id, a bot. */
    accountId: text("account_id").notNull(),
    /** The platform's id of the chat or group; the contact's id on a channel without such ids. */
    threadId: text("thread_id").notNull(),
    kind: text("kind", { enum: ["direct", "group", "channel"] }).notNull(),
    title: text("title"),
    /** Whether the AI answers, or a person who took over. In groups and channels it is always `human`. */
    mode: text("mode", { enum: ["ai", "human"] }).notNull(),
    /** Counts the changes of mode. An AI answer with an older epoch is not sent. */
    epoch: integer("epoch").notNull().default(0),
    /** When the mode last changed. */
    modeChangedAt: time("mode_changed_at"),
    /** The last position that was assigned to an outbound message; see messages.position. */
    lastPosition: integer("last_position").notNull().default(0),
    /** False after the recipient blocked the account or left. */
    reachable: boolean("reachable").notNull().default(true),
    reachableChangedAt: time("reachable_changed_at"),
    lastMessageAt: time("last_message_at"),
    /** The platform's time of the latest inbound message: WhatsApp's 24-hour window starts at it. */
    lastUserMessageAt: time("last_user_message_at"),
    /** The latest ad click that an inbound message carried, and the time of that message. */
    clickKind: text("click_kind"),
    clickId: text("click_id"),
    clickedAt: time("clicked_at"),
    telegramChatId: bigint("telegram_chat_id", { mode: "bigint" }).generatedAlwaysAs(
      sql`case when channel = 'telegram' then thread_id::bigint end`,
    ),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique("conversations_channel_account_thread").on(table.channel, table.accountId, table.threadId),
    index("conversations_tenant_id").on(table.tenantId),
    index("conversations_case_id").on(table.caseId),
    index("conversations_contact_id").on(table.contactId),
    check("conversations_mode", sql`${table.mode} in ('ai', 'human')`),
    check("conversations_kind", sql`${table.kind} in ('direct', 'group', 'channel')`),
  ],
);

/** The ids of merged conversations. Each leads to the conversation that it became. */
export const conversationAliases = millrace.table(
  "conversation_aliases",
  {
    /** The id of the conversation that no longer exists. */
    id: id(),
    conversationId: uuid("conversation_id")
      .notNull()
      .references(() => conversations.id, { onDelete: "cascade" }),
    createdAt: createdAt(),
  },
  (table) => [index("conversation_aliases_conversation_id").on(table.conversationId)],
);

/**
 * What the platform reports about a thread besides its messages. A thread can have a state before it has a conversation:
 * a new conversation reads it by its key, so that the order of arrival does not matter.
 */
export const threadStates = millrace.table(
  "thread_states",
  {
    channel: text("channel").notNull(),
    accountId: text("account_id").notNull(),
    threadId: text("thread_id").notNull(),
    /** False after the recipient blocked the account or left. */
    reachable: boolean("reachable").notNull().default(true),
    reachableChangedAt: time("reachable_changed_at"),
    /** The new id of a thread that moved, such as a Telegram group that became a supergroup. */
    movedTo: text("moved_to"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [primaryKey({ columns: [table.channel, table.accountId, table.threadId] })],
);
