import { and, eq, gte, inArray, lt, notExists, sql } from "drizzle-orm";
import { contentHash, type DeadLetterStore, type ExhaustedJob, type NewId } from "@millrace/core";
import type { Database, Executor } from "../database.ts";
import { deadLetters, messages, turns, webhookEvents } from "../schema/index.ts";

/** {@link DeadLetterStore} on the tables dead_letters and webhook_events. */
export function createDeadLetters(database: Database, newId: NewId): DeadLetterStore {
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
            setWhere: sql`${webhookEvents.status} = 'dead' and ${notExists(recorded(tx, job))}`,
          });
        const [event] = await tx
          .select({ status: webhookEvents.status })
          .from(webhookEvents)
          .where(and(eq(webhookEvents.source, job.source), eq(webhookEvents.eventId, job.eventId)));
        const done = event?.status === "done";
        const state = done ? ("resolved" as const) : ("dead" as const);
        const { queue, jobId, source, eventId, kind, errorKind, error, attempts, correlationId, receivedAt, failedAt } =
          job;
        // A job's data may be any JSON, also null, which the driver would write as no value at all.
        const payload = sql`${JSON.stringify(job.payload ?? null)}::jsonb`;
        const latest = { errorKind, error, attempts, failedAt, state, resolvedAt: done ? failedAt : null };
        const written = await tx
          .insert(deadLetters)
          .values({
            id: newId(),
            queue,
            jobId,
            source,
            eventId,
            kind,
            payload,
            payloadHash,
            correlationId,
            receivedAt,
            firstFailedAt: failedAt,
            ...latest,
          })
          .onConflictDoUpdate({
            target: [deadLetters.queue, deadLetters.jobId],
            set: { ...latest, payload, payloadHash, updatedAt: sql`now()` },
            setWhere: lt(deadLetters.failedAt, failedAt),
          })
          .returning({ id: deadLetters.id });
        if (!done && written.length > 0) await giveUp(tx, job);
        return written.length > 0;
      }),
  };
}

/** What the job was for ends with it: the message that it was to send, the question that it was to ask. */
async function giveUp(tx: Executor, { kind, payload, error }: ExhaustedJob): Promise<void> {
  const { messageId, turnId } = (typeof payload === "object" && payload !== null ? payload : {}) as Record<
    string,
    unknown
  >;
  if (kind === "send" && typeof messageId === "string") {
    // It may still be on its way when its sending is uncertain: what the platform tells later counts then.
    await tx
      .update(messages)
      .set({ status: "failed", error, updatedAt: sql`now()` })
      .where(and(eq(messages.id, messageId), inArray(messages.status, ["queued", "sending"])));
  }
  if (kind === "turn" && typeof turnId === "string") {
    await tx
      .update(turns)
      .set({ state: "failed", endedAt: sql`now()`, updatedAt: sql`now()` })
      .where(and(eq(turns.id, turnId), inArray(turns.state, ["gathering", "asked"])));
  }
}

/** This end of the job, or a later one, where it is written down already. */
function recorded(tx: Executor, { queue, jobId, failedAt }: ExhaustedJob) {
  return tx
    .select({ id: deadLetters.id })
    .from(deadLetters)
    .where(and(eq(deadLetters.queue, queue), eq(deadLetters.jobId, jobId), gte(deadLetters.failedAt, failedAt)));
}
