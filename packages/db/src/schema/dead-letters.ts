import { type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { check, index, integer, jsonb, text, unique, uuid } from "drizzle-orm/pg-core";
import { tenants } from "./accounts.ts";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";

/** An error in lower case, as SQL. Collation C changes only A to Z, which is faster than all alphabets. */
export function lowerError(error: SQLWrapper): SQL {
  return sql`lower(${error} collate "C")`;
}

/** An earlier failure of a job, before a replay. */
export type EarlierFailure = { at: string; errorKind: string; error: string; attempts: number };

/** Jobs that failed for good, one row per job. */
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
    /** The account that the job is about, and its tenant at the time of the failure; null if unknown. */
    account: text("account"),
    tenantId: uuid("tenant_id").references(() => tenants.id),
    /** retryable (attempts used up), permanent, stalled, unknown. */
    errorKind: text("error_kind").notNull(),
    error: text("error").notNull(),
    attempts: integer("attempts").notNull(),
    state: text("state", { enum: ["dead", "replaying", "resolved", "discarded"] }).notNull(),
    correlationId: text("correlation_id").notNull(),
    receivedAt: time("received_at").notNull(),
    /** The position of the event in its webhook request; null if the job has none. */
    requestIndex: integer("request_index"),
    /** The earlier failures, oldest first: at, errorKind, error, attempts. */
    history: jsonb("history").$type<readonly EarlierFailure[]>().notNull().default([]),
    /** When the job failed first, and last. */
    firstFailedAt: time("first_failed_at").notNull(),
    failedAt: time("failed_at").notNull(),
    resolvedAt: time("resolved_at"),
    /** When everything that follows from the failure had happened; null until then. */
    followedUpAt: time("followed_up_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    // Guarantees exactly one dead letter per exhausted job, whichever worker records it first.
    unique("dead_letters_queue_job_id").on(table.queue, table.jobId),
    index("dead_letters_state_failed_at").on(table.state, table.failedAt),
    index("dead_letters_failed_at").on(table.failedAt, table.id),
    index("dead_letters_integration_event_id").on(table.integration, table.eventId),
    index("dead_letters_tenant_id").on(table.tenantId),
    // Contains every column that selects dead letters, so that a search does not read the table. It returns the latest
    // first. Comparing the error ignoring case takes twice as long without the expression.
    index("dead_letters_search").on(
      table.state,
      table.failedAt,
      table.id,
      lowerError(table.error),
      table.queue,
      table.errorKind,
      table.error,
      table.integration,
      table.account,
      table.tenantId,
    ),
    index("dead_letters_job_id").on(table.jobId),
    index("dead_letters_event_id").on(table.eventId),
    index("dead_letters_not_followed_up")
      .on(table.failedAt)
      .where(sql`${table.followedUpAt} is null`),
    check("dead_letters_state", sql`${table.state} in ('dead', 'replaying', 'resolved', 'discarded')`),
  ],
);
