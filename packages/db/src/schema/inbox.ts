import { sql } from "drizzle-orm";
import { check, index, jsonb, text, unique } from "drizzle-orm/pg-core";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";

/**
 * The inbox: one row per event, written in the transaction of its effects. Because of the unique key, a
 * redelivery changes nothing.
 */
export const webhookEvents = millrace.table(
  "webhook_events",
  {
    id: id(),
    integration: text("integration").notNull(),
    eventId: text("event_id").notNull(),
    kind: text("kind").notNull(),
    payloadHash: text("payload_hash").notNull(),
    /** `done`: its effects are committed. `dead`: its job failed for good, see dead_letters. `discarded`: an operator gave it up. */
    status: text("status", { enum: ["done", "dead", "discarded"] }).notNull(),
    /** The result (written, unhandled, ignored) and its detail. */
    result: text("result"),
    detail: text("detail"),
    error: text("error"),
    correlationId: text("correlation_id").notNull(),
    /** The event's payload, if no other row contains it. */
    payload: jsonb("payload"),
    /** The follow-up jobs, which are enqueued again with every redelivery. */
    followUps: jsonb("follow_ups"),
    receivedAt: time("received_at").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique("webhook_events_integration_event_id").on(table.integration, table.eventId),
    index("webhook_events_correlation_id").on(table.correlationId),
    // Not by integration first: while the table is small, Postgres would take this index to find an event by its id.
    index("webhook_events_status_integration").on(table.status, table.integration),
    check("webhook_events_status", sql`${table.status} in ('done', 'dead', 'discarded')`),
  ],
);
