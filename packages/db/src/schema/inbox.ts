import { sql } from "drizzle-orm";
import { check, index, integer, jsonb, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";
import { tenants } from "./accounts.ts";

/**
 * The inbox: one row per event, written in the transaction of its effects. The unique key is what makes a redelivery
 * change nothing.
 */
export const webhookEvents = millrace.table(
  "webhook_events",
  {
    id: id(),
    integration: text("integration").notNull(),
    eventId: text("event_id").notNull(),
    kind: text("kind").notNull(),
    payloadHash: text("payload_hash").notNull(),
    /** `done`: its effects are committed. `dead`: given up, see dead_letters. */
    status: text("status", { enum: ["done", "dead"] }).notNull(),
    /** What became of it: written, kept, ignored; and in what detail. */
    result: text("result"),
    detail: text("detail"),
    error: text("error"),
    correlationId: text("correlation_id").notNull(),
    /** The event's data, where no other row holds it. */
    payload: jsonb("payload"),
    /** The jobs that follow from it: enqueued again whenever the event comes again. */
    followUps: jsonb("follow_ups"),
    receivedAt: time("received_at").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique("webhook_events_integration_event_id").on(table.integration, table.eventId),
    index("webhook_events_correlation_id").on(table.correlationId),
    index("webhook_events_integration_status").on(table.integration, table.status),
    check("webhook_events_status", sql`${table.status} in ('done', 'dead')`),
  ],
);

/** How a job ended once before it was replayed. */
export type DeadLetterEnd = { at: string; errorKind: string; error: string; attempts: number };

/** Jobs that were given up, one row each, whatever way they ended. */
export const deadLetters = millrace.table(
  "dead_letters",
  {
    id: id(),
    queue: text("queue").notNull(),
    jobId: text("job_id").notNull(),
    integration: text("integration").notNull(),
    eventId: text("event_id").notNull(),
    kind: text("kind").notNull(),
    payload: jsonb("payload").notNull(),
    payloadHash: text("payload_hash").notNull(),
    /** The page, number or bot it is about, and whose it was when it died; null where that is not known. */
    account: text("account"),
    tenantId: uuid("tenant_id").references(() => tenants.id),
    /** retryable (attempts used up), permanent, stalled, unknown. */
    errorKind: text("error_kind").notNull(),
    error: text("error").notNull(),
    attempts: integer("attempts").notNull(),
    state: text("state", { enum: ["dead", "replaying", "resolved", "discarded"] }).notNull(),
    correlationId: text("correlation_id").notNull(),
    receivedAt: time("received_at").notNull(),
    /** Each earlier end, oldest first: at, errorKind, error, attempts. */
    history: jsonb("history").$type<readonly DeadLetterEnd[]>().notNull().default([]),
    /** When it was given up first, and last. */
    firstFailedAt: time("first_failed_at").notNull(),
    failedAt: time("failed_at").notNull(),
    resolvedAt: time("resolved_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    // Carries "exactly one dead letter per exhausted job": whoever sees the job's end first writes it.
    unique("dead_letters_queue_job_id").on(table.queue, table.jobId),
    index("dead_letters_state_failed_at").on(table.state, table.failedAt),
    index("dead_letters_failed_at").on(table.failedAt, table.id),
    index("dead_letters_integration_event_id").on(table.integration, table.eventId),
    index("dead_letters_tenant_id").on(table.tenantId),
    check("dead_letters_state", sql`${table.state} in ('dead', 'replaying', 'resolved', 'discarded')`),
  ],
);

/**
 * What must wait: a throttled page until a time, an account that a person must mend until a trial call succeeds.
 */
export const pauses = millrace.table("pauses", {
  scope: text("scope").primaryKey(),
  kind: text("kind", { enum: ["rate_limited", "paused"] }).notNull(),
  reason: text("reason").notNull(),
  /** When the scope's jobs go on (rate_limited) or when the next one tries (paused). */
  until: time("until").notNull(),
  createdAt: createdAt(),
});

/** When each scope of a platform's limit has used up what it was given: the one row that all workers ask. */
export const rateLimits = millrace.table("rate_limits", {
  scope: text("scope").primaryKey(),
  /** The theoretical arrival time of the generic cell rate algorithm. */
  usedUntil: time("used_until").notNull(),
});
