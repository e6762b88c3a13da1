import { and, eq, gte, inArray, lt, notExists, sql } from "drizzle-orm";
import { contentHash, type DeadLetterStore, type ExhaustedJob, type NewId } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { conversations, deadLetters, messages, aiTurns, webhookEvents } from "../schema/index.ts";
import { type PayloadIds, payloadIds } from "../inbox/payload-ids.ts";
import { jsonOf, completeItems } from "./replays.ts";

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
            integration: job.integration,
            eventId: job.eventId,
            kind: job.kind,
            payloadHash,
            status: "dead",
            error: job.error,
            correlationId: job.correlationId,
            receivedAt: job.receivedAt,
          })
          .onConflictDoUpdate({
            target: [webhookEvents.integration, webhookEvents.eventId],
            set: { error: job.error, updatedAt: sql`now()` },
            setWhere: sql`${webhookEvents.status} = 'dead' and ${notExists(recorded(tx, job))}`,
          });
        const [event] = await tx
          .select({ status: webhookEvents.status })
          .from(webhookEvents)
          .where(and(eq(webhookEvents.integration, job.integration), eq(webhookEvents.eventId, job.eventId)));
        const done = event?.status === "done";
        const state = done ? ("resolved" as const) : ("dead" as const);
        const {
          queue,
          jobId,
          integration,
          eventId,
          kind,
          errorKind,
          error,
          attempts,
          correlationId,
          receivedAt,
          failedAt,
        } = job;
        const payload = jsonOf(job.payload);
        const latest = { errorKind, error, attempts, failedAt, state, resolvedAt: done ? failedAt : null };
        const written = await tx
          .insert(deadLetters)
          .values({
            id: newId(),
            queue,
            jobId,
            integration,
            eventId,
            kind,
            payload,
            payloadHash,
            account: job.account ?? null,
            tenantId: await tenantOf(tx, payloadIds(job.payload)),
            correlationId,
            receivedAt,
            firstFailedAt: failedAt,
            ...latest,
          })
          .onConflictDoUpdate({
            target: [deadLetters.queue, deadLetters.jobId],
            set: { ...latest, payload, payloadHash, history: withEarlierEnd, updatedAt: sql`now()` },
            setWhere: lt(deadLetters.failedAt, failedAt),
          })
          .returning({ id: deadLetters.id });
        await completeItems(
          tx,
          written.map(({ id }) => id),
          state,
        );
        if (!done && written.length > 0) await giveUp(tx, job);
        return written.length > 0;
      }),
  };
}

/** The history of a letter whose job was replayed, with the end that it had before. */
const withEarlierEnd = sql`${deadLetters.history} || jsonb_build_object(
  'at', ${deadLetters.failedAt}, 'errorKind', ${deadLetters.errorKind},
  'error', ${deadLetters.error}, 'attempts', ${deadLetters.attempts})`;

/** Whose the conversation, the message or the question is; null where the payload names none. */
async function tenantOf(tx: Executor, { messageId, turnId, conversationId }: PayloadIds): Promise<string | null> {
  for (const [table, id] of [
    [conversations, conversationId],
    [messages, messageId],
    [aiTurns, turnId],
  ] as const) {
    if (id === undefined) continue;
    const [row] = await tx.select({ tenantId: table.tenantId }).from(table).where(eq(table.id, id));
    if (row) return row.tenantId;
  }
  return null;
}

/** What the job was for ends with it: the message that it was to send, the question that it was to ask. */
async function giveUp(tx: Executor, { kind, payload, error }: ExhaustedJob): Promise<void> {
  const { messageId, turnId } = payloadIds(payload);
  if (kind === "send" && messageId !== undefined) {
    // It may still be on its way when its sending is uncertain: what the platform tells later counts then.
    await tx
      .update(messages)
      .set({ status: "failed", error, updatedAt: sql`now()` })
      .where(and(eq(messages.id, messageId), inArray(messages.status, ["queued", "sending"])));
  }
  if (kind === "turn" && turnId !== undefined) {
    await tx
      .update(aiTurns)
      .set({ state: "failed", endedAt: sql`now()`, updatedAt: sql`now()` })
      .where(and(eq(aiTurns.id, turnId), inArray(aiTurns.state, ["debouncing", "awaiting_reply"])));
  }
}

/** This end of the job, or a later one, where it is written down already. */
function recorded(tx: Executor, { queue, jobId, failedAt }: ExhaustedJob) {
  return tx
    .select({ id: deadLetters.id })
    .from(deadLetters)
    .where(and(eq(deadLetters.queue, queue), eq(deadLetters.jobId, jobId), gte(deadLetters.failedAt, failedAt)));
}
