import { and, eq, lt, sql } from "drizzle-orm";
import { contentHash, type NewId } from "@millrace/core";
import type { Database } from "../database.ts";
import { deadLetters, webhookEvents } from "../schema/index.ts";

/** A job that was given up. */
export type ExhaustedJob = {
  queue: string;
  jobId: string;
  source: string;
  eventId: string;
  kind: string;
  payload: unknown;
  errorKind: string;
  /** Without secrets and personal data. */
  error: string;
  attempts: number;
  correlationId: string;
  receivedAt: Date;
  failedAt: Date;
};

/** Keeps what was given up, one row per job. */
export type DeadLetters = {
  /**
   * Writes the dead letter of a job, or brings it up to date when the job was given up again. Repeating it for the
   * same end changes nothing. If the event's effects are committed after all, the row is `resolved` at once.
   */
  record(job: ExhaustedJob): Promise<void>;
};

/** {@link DeadLetters} on the tables dead_letters and webhook_events. */
export function createDeadLetters(database: Database, newId: NewId): DeadLetters {
  return {
    record: (job) =>
      database.orm.transaction(async (tx) => {
        const payloadHash = contentHash(job.payload);
        await tx
          .insert(webhookEvents)
          .values({
            id: newId(),
            source: job.source,
            eventId: job.eventId,
            kind: job.kind,
            payloadHash,
            status: "dead",
            error: job.error,
            correlationId: job.correlationId,
            receivedAt: job.receivedAt,
          })
          .onConflictDoUpdate({
            target: [webhookEvents.source, webhookEvents.eventId],
            set: { error: job.error, updatedAt: sql`now()` },
            setWhere: eq(webhookEvents.status, "dead"),
          });
        const [event] = await tx
          .select({ status: webhookEvents.status })
          .from(webhookEvents)
          .where(and(eq(webhookEvents.source, job.source), eq(webhookEvents.eventId, job.eventId)));
        const done = event?.status === "done";
        const state = done ? ("resolved" as const) : ("dead" as const);
        const { queue, jobId, source, eventId, payload, errorKind, error, attempts, correlationId, failedAt } = job;
        const latest = { errorKind, error, attempts, failedAt, state, resolvedAt: done ? failedAt : null };
        await tx
          .insert(deadLetters)
          .values({
            id: newId(),
            queue,
            jobId,
            source,
            eventId,
            payload,
            payloadHash,
            correlationId,
            firstFailedAt: failedAt,
            ...latest,
          })
          .onConflictDoUpdate({
            target: [deadLetters.queue, deadLetters.jobId],
            set: { ...latest, payload, payloadHash, updatedAt: sql`now()` },
            setWhere: lt(deadLetters.failedAt, failedAt),
          });
      }),
  };
}
