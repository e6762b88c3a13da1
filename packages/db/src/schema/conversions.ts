import { type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { check, index, integer, jsonb, numeric, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";
import { conversations } from "./conversations.ts";
import { leads } from "./leads.ts";
import { tenants } from "./accounts.ts";

/** Whether the platform reported an error or a warning of a batch, as SQL. */
export function hasReasons({ errors, warnings }: { errors: SQLWrapper; warnings: SQLWrapper }): SQL {
  return sql`(jsonb_array_length(${errors}) > 0 or jsonb_array_length(${warnings}) > 0)`;
}

/** Conversions that are uploaded in one request, and the result that the platform reports for it. */
export const conversionBatches = millrace.table(
  "conversion_batches",
  {
    id: id(),
    integration: text("integration").notNull(),
    accountId: text("account_id").notNull(),
    actionId: text("action_id").notNull(),
    /** `sent`: accepted by the platform, without a result yet. */
    state: text("state", { enum: ["formed", "sent", "success", "partial", "failed", "rejected"] }).notNull(),
    /** The number of conversions. */
    size: integer("size").notNull(),
    requestId: text("request_id"),
    /** The number of rejections, and of warnings, by reason. */
    errors: jsonb("errors").$type<readonly { reason: string; count: number }[]>(),
    warnings: jsonb("warnings").$type<readonly { reason: string; count: number }[]>(),
    /** The send slot that the platform's rate limit assigned. */
    sendSlotAt: time("send_slot_at"),
    /** How often its conversions were uploaded. They are uploaded again when the platform reports an internal error. */
    attempts: integer("attempts").notNull().default(1),
    /** How often the worker asked for the result. */
    statusChecks: integer("status_checks").notNull().default(0),
    sentAt: time("sent_at"),
    completedAt: time("completed_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index("conversion_batches_state").on(table.state, table.createdAt),
    index("conversion_batches_with_reasons").on(table.id).where(hasReasons(table)),
    check(
      "conversion_batches_state",
      sql`${table.state} in ('formed', 'sent', 'success', 'partial', 'failed', 'rejected')`,
    ),
  ],
);

/** A sale that is reported to an ads platform. */
export const conversionUploads = pgTable(
  "conversion_uploads",
  {
    id: id(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id),
    leadId: uuid("lead_id").references(() => leads.id),
    conversationId: uuid("conversation_id").references(() => conversations.id),
    /** The integration that uploads it. */
    integration: text("integration").notNull(),
    /** The id of the event that reported the sale, as its caller knows it. */
    eventId: text("event_id"),
    transactionId: text("transaction_id").notNull(),
    accountId: text("account_id").notNull(),
    conversionActionId: text("conversion_action_id").notNull(),
    /** `processed` and `partially processed` are results of the whole batch. */
    status: text("status", {
      enum: ["queued", "sent", "processed", "partially processed", "rejected", "held"],
    }).notNull(),
    value: numeric("value", { precision: 18, scale: 6 }),
    currency: text("currency"),
    convertedAt: time("converted_at").notNull(),
    batchId: uuid("batch_id").references(() => conversionBatches.id),
    requestId: text("request_id"),
    /** Why it was rejected, or why it is held. */
    error: text("error"),
    payload: jsonb("payload").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique("conversion_uploads_integration_action_transaction_id").on(
      table.integration,
      table.conversionActionId,
      table.transactionId,
    ),
    index("conversion_uploads_tenant_id").on(table.tenantId),
    index("conversion_uploads_lead_id").on(table.leadId),
    index("conversion_uploads_conversation_id").on(table.conversationId),
    index("conversion_uploads_event_id").on(table.eventId),
    index("conversion_uploads_batch_id").on(table.batchId),
    // Contains every column that the report counts by, so that it does not read the table.
    index("conversion_uploads_report").on(table.createdAt, table.status, table.error),
    index("conversion_uploads_held")
      .on(table.error)
      .where(sql`${table.status} = 'held'`),
    index("conversion_uploads_queued")
      .on(table.conversionActionId, table.createdAt)
      .where(sql`${table.status} = 'queued' and ${table.batchId} is null`),
    check(
      "conversion_uploads_status",
      sql`${table.status} in ('queued', 'sent', 'processed', 'partially processed', 'rejected', 'held')`,
    ),
  ],
);
