import { sql } from "drizzle-orm";
import { bigint, boolean, check, index, integer, pgTable, primaryKey, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";
import { contacts } from "./contacts.ts";
import { tenants } from "./accounts.ts";

/** A matter that a person came with. */
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

/** A thread of messages with a person, or in a group, over one account of ours. */
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
    channel: text("channel", { enum: ["whatsapp", "telegram"] }).notNull(),
    /** The account of ours: phone_number_id, bot. */
    accountId: text("account_id").notNull(),
    /** The platform's chat or group; where it has none, the contact. */
    threadId: text("thread_id").notNull(),
    kind: text("kind", { enum: ["direct", "group", "channel"] }).notNull(),
    title: text("title"),
    /** Who answers: the AI, or a person who took over. Groups and channels are never answered by the AI. */
    mode: text("mode", { enum: ["ai", "human"] }).notNull(),
    /** Rises with every change of mode. */
    epoch: integer("epoch").notNull().default(0),
    /** When the mode last changed. */
    modeChangedAt: time("mode_changed_at"),
    /** Places given so far to messages of ours; see messages.position. */
    lastPosition: integer("last_position").notNull().default(0),
    /** False once the other side has blocked us or is gone. */
    reachable: boolean("reachable").notNull().default(true),
    reachableChangedAt: time("reachable_changed_at"),
    lastMessageAt: time("last_message_at"),
    /** The latest message of the other side by its own time: WhatsApp's 24-hour window counts from it. */
    lastUserMessageAt: time("last_user_message_at"),
    /** The latest click on an ad of Google's that the other side wrote with, and when that was. */
    clickKind: text("click_kind", { enum: ["gclid", "gbraid", "wbraid"] }),
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
    check("conversations_click_kind", sql`${table.clickKind} in ('gclid', 'gbraid', 'wbraid')`),
    check("conversations_kind", sql`${table.kind} in ('direct', 'group', 'channel')`),
  ],
);

/**
 * What the platform told about a thread besides its messages, also of one that has no conversation yet: it is found by
 * its key when the conversation is made, so that the order of the two does not matter.
 */
export const threadStates = millrace.table(
  "thread_states",
  {
    channel: text("channel").notNull(),
    accountId: text("account_id").notNull(),
    threadId: text("thread_id").notNull(),
    /** False once the other side has blocked us or is gone. */
    reachable: boolean("reachable").notNull().default(true),
    reachableChangedAt: time("reachable_changed_at"),
    /** The id under which it goes on: a Telegram group that became a supergroup. */
    movedTo: text("moved_to"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [primaryKey({ columns: [table.channel, table.accountId, table.threadId] })],
);
