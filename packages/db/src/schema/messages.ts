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
    /** The platform's id; null until the platform accepts an outbound message. */
    externalId: text("external_id"),
    direction: text("direction", { enum: ["inbound", "outbound"] }).notNull(),
    /** The author. `person` is anyone on the tenant's side except the AI. */
    author: text("author", { enum: ["contact", "ai", "person"] }),
    type: text("type").notNull(),
    body: text("body"),
    /**
     * Media as announced: id, mimeType, sha256, filename, sizeBytes, flavour. Once it is fetched, `stored` contains its
     * location: store, key, sha256, sizeBytes, at.
     */
    media: jsonb("media"),
    /** A call that has ended: outcome, durationSeconds, transcript, summary. */
    call: jsonb("call"),
    replyTo: text("reply_to"),
    /** `received` for inbound messages; else the furthest of packages/core's MESSAGE_STATUSES. */
    status: text("status").notNull(),
    /** The current reactions: actor to emoji. */
    reactions: jsonb("reactions").notNull().default({}),
    /** Why it failed or was suppressed, without its content. */
    error: text("error"),
    /** The position among the outbound messages of the conversation, which are sent in this order. */
    position: integer("position"),
    /** The AI turn that it belongs to or answers, and the epoch of the conversation then. */
    aiTurnId: uuid("ai_turn_id").references(() => aiTurns.id),
    epoch: integer("epoch"),
    /** When an attempt with an unknown result began. While it is set, the platform may have accepted the message. */
    attemptedAt: time("attempted_at"),
    /** The send slot that the platform's rate limits assigned; one per message. */
    sendSlotAt: time("send_slot_at"),
    /** How often the platform rate-limited it since its last success. */
    rateLimitHits: integer("rate_limit_hits").notNull().default(0),
    sentAt: time("sent_at").notNull(),
    /** The position among the events of its webhook request, which orders inbound messages of one time. */
    requestIndex: integer("request_index").notNull().default(0),
    /** Its webhook request, if that has several events. A later delivery of the request can add messages to it. */
    requestId: uuid("request_id"),
    /** After this time an outbound message must not be sent. */
    expiresAt: time("expires_at"),
    editedAt: time("edited_at"),
    revokedAt: time("revoked_at"),
    /** The platform's object; for an outbound message of Millrace, the content to send. */
    payload: jsonb("payload").notNull(),
    whatsappMessageId: text("whatsapp_message_id").generatedAlwaysAs(
      sql`case when channel = 'whatsapp' then external_id end`,
    ),
    /**
     * External ids on Telegram are `<chat id>/<message id>`, because Telegram counts message ids per chat. Other rows,
     * such as a pressed button or an unsent message, have another form of id and no number here.
     */
    telegramMessageId: bigint("telegram_message_id", { mode: "bigint" }).generatedAlwaysAs(
      sql`case when channel = 'telegram' then substring(external_id from '^-?[0-9]+/([0-9]{1,18})$')::bigint end`,
    ),
    /**
     * For a message that a platform reports, when ingest received the report. Platforms report whole seconds; this orders
     * several messages within one second.
     */
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    // Guarantees one row per message, also after retention deleted its event.
    unique("messages_channel_account_external_id").on(table.channel, table.accountId, table.externalId),
    // Guarantees the order: two messages of a conversation cannot have one position.
    unique("messages_conversation_id_position").on(table.conversationId, table.position),
    // The few unsent messages. Before each send, the worker counts the unsent ones ahead.
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
 * Every status that the platform reports. A status can arrive before its message, which reads it by its key.
 */
export const messageStatuses = pgTable(
  "message_statuses",
  {
    id: id(),
    channel: text("channel").notNull(),
    accountId: text("account_id").notNull(),
    externalId: text("external_id").notNull(),
    status: text("status").notNull(),
    /** In a group, the participant that the status belongs to; else empty. */
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

/** Every edit, revocation, reaction, later file and later transcript. A change can arrive before its message, which reads it by its key. */
export const messageChanges = millrace.table(
  "message_changes",
  {
    id: id(),
    channel: text("channel").notNull(),
    accountId: text("account_id").notNull(),
    /** The platform's id of the changed message. */
    externalId: text("external_id").notNull(),
    changeId: text("change_id").notNull(),
    kind: text("kind", { enum: ["edit", "revoke", "reaction", "media", "transcript"] }).notNull(),
    actor: text("actor"),
    emoji: text("emoji"),
    /** The text of an edit or a transcript. */
    body: text("body"),
    /** The platform's object of an edit; the file as announced. */
    payload: jsonb("payload"),
    at: time("at").notNull(),
    /** The position among the events of its webhook request. */
    requestIndex: integer("request_index").notNull().default(0),
    /** When ingest received the request. Platforms report whole seconds; this orders several changes within one second. */
    createdAt: createdAt(),
  },
  (table) => [
    unique("message_changes_key").on(table.channel, table.accountId, table.externalId, table.changeId),
    check("message_changes_kind", sql`${table.kind} in ('edit', 'revoke', 'reaction', 'media', 'transcript')`),
  ],
);
