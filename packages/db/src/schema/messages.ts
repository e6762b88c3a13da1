import { sql } from "drizzle-orm";
import { bigint, check, index, integer, jsonb, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";
import { contacts } from "./contacts.ts";
import { conversations } from "./conversations.ts";
import { tenants } from "./accounts.ts";
import { aiTurns } from "./ai-turns.ts";

/** A message in either direction. */
export const messages = pgTable(
  "messages",
  {
    id: id(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id),
    conversationId: uuid("conversation_id")
      .notNull()
      .references(() => conversations.id),
    contactId: uuid("contact_id").references(() => contacts.id),
    channel: text("channel").notNull(),
    accountId: text("account_id").notNull(),
    /** The platform's id; null until it has taken a message of ours. */
    externalId: text("external_id"),
    direction: text("direction", { enum: ["inbound", "outbound"] }).notNull(),
    /** Who wrote it; null for what was written before this was kept. `person` is everybody on our side but the AI. */
    author: text("author", { enum: ["contact", "ai", "person"] }),
    type: text("type").notNull(),
    body: text("body"),
    /**
     * Media as announced: id, mimeType, sha256, filename, sizeBytes, flavour. Once it is fetched, `stored` says where:
     * store, key, sha256, sizeBytes, at.
     */
    media: jsonb("media"),
    replyTo: text("reply_to"),
    /** `received` for inbound ones; else the furthest of packages/core's MESSAGE_STATUSES. */
    status: text("status").notNull(),
    /** Reactions as they stand: actor to emoji. */
    reactions: jsonb("reactions").notNull().default({}),
    /** Why it failed or was suppressed, without what is in it. */
    error: text("error"),
    /** Its place among the messages of ours in the conversation: they leave in this order. */
    position: integer("position"),
    /** The turn that it asks or answers, and the conversation's epoch of an answer: with an older one it is not sent. */
    aiTurnId: uuid("ai_turn_id").references(() => aiTurns.id),
    epoch: integer("epoch"),
    /**
     * When it was last handed to the platform with no answer known. While it is set, nobody knows whether it was taken.
     */
    attemptedAt: time("attempted_at"),
    /** When the platform's limits let it go; given once per message, so that each waits its own turn. */
    sendSlotAt: time("send_slot_at"),
    /** How often the platform throttled it since it last took anything. */
    rateLimitHits: integer("rate_limit_hits").notNull().default(0),
    sentAt: time("sent_at").notNull(),
    editedAt: time("edited_at"),
    revokedAt: time("revoked_at"),
    /** The platform's own object; for a message that Millrace sends, what is sent. */
    payload: jsonb("payload").notNull(),
    whatsappMessageId: text("whatsapp_message_id").generatedAlwaysAs(
      sql`case when channel = 'whatsapp' then external_id end`,
    ),
    /**
     * External ids on Telegram are `<chat id>/<message id>`, because its message ids count per chat. What is no message
     * of Telegram's (a pressed button, a message that is not sent yet) has another form of id and no number here.
     */
    telegramMessageId: bigint("telegram_message_id", { mode: "bigint" }).generatedAlwaysAs(
      sql`case when channel = 'telegram' then substring(external_id from '^-?[0-9]+/([0-9]{1,18})$')::bigint end`,
    ),
    /**
     * For a message that a platform told of, when that came to us: platforms tell times in whole seconds, and of several
     * in one second this is the order.
     */
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    // Carries "one event, one effect" for messages, whatever the inbox has forgotten.
    unique("messages_channel_account_external_id").on(table.channel, table.accountId, table.externalId),
    // Carries the order: two messages of a conversation cannot have one place.
    unique("messages_conversation_id_position").on(table.conversationId, table.position),
    // What is still to be sent, which is little of the table: the question before each send is whether it is its turn.
    index("messages_unsent")
      .on(table.conversationId, table.position)
      .where(sql`${table.status} in ('queued', 'sending')`),
    index("messages_ai_turn_id").on(table.aiTurnId),
    index("messages_conversation_id_sent_at").on(table.conversationId, table.sentAt),
    index("messages_tenant_id").on(table.tenantId),
    index("messages_contact_id").on(table.contactId),
    check("messages_author", sql`${table.author} in ('contact', 'ai', 'person')`),
    check("messages_direction", sql`${table.direction} in ('inbound', 'outbound')`),
  ],
);

/**
 * Every status the platform told, also of messages we have no row for yet: it is found by its key when the row comes.
 */
export const messageStatuses = pgTable(
  "message_statuses",
  {
    id: id(),
    channel: text("channel").notNull(),
    accountId: text("account_id").notNull(),
    externalId: text("external_id").notNull(),
    status: text("status").notNull(),
    /** In a group, whose status it is; else empty. */
    participant: text("participant").notNull().default(""),
    at: time("at").notNull(),
    errorCode: text("error_code"),
    errorTitle: text("error_title"),
    payload: jsonb("payload").notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    unique("message_statuses_key").on(
      table.channel,
      table.accountId,
      table.externalId,
      table.status,
      table.participant,
    ),
  ],
);

/** Every edit, revocation and reaction, also of messages that come later. */
export const messageChanges = millrace.table(
  "message_changes",
  {
    id: id(),
    channel: text("channel").notNull(),
    accountId: text("account_id").notNull(),
    /** The message it is done to. */
    externalId: text("external_id").notNull(),
    changeId: text("change_id").notNull(),
    kind: text("kind", { enum: ["edit", "revoke", "reaction"] }).notNull(),
    actor: text("actor"),
    emoji: text("emoji"),
    body: text("body"),
    payload: jsonb("payload"),
    at: time("at").notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    unique("message_changes_key").on(table.channel, table.accountId, table.externalId, table.changeId),
    check("message_changes_kind", sql`${table.kind} in ('edit', 'revoke', 'reaction')`),
  ],
);
