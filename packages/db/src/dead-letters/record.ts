import { and, eq, gte, inArray, lt, notExists, sql } from "drizzle-orm";
import { contentHash, type DeadLetterStore, type ExhaustedJob, type NewId } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { aiTurns, conversations, deadLetters, messages, webhookEvents } from "../schema/index.ts";
import { shortenedForIndex } from "../schema/indexed-text.ts";
import { conversationIdOf } from "../conversations/aliases.ts";
import { failTurn } from "../ai-turns/fail-turn.ts";
import { appendDomainEvents } from "../domain-events/append.ts";
import { subscribedJobs } from "../domain-events/subscriptions.ts";
import { type EventContext, eventContext, type InboxSettings } from "../inbox/event-context.ts";
import { CHANGED_MESSAGE, statusChanged } from "../messages/status-changed.ts";
import { type PayloadIds, payloadIds } from "../inbox/payload-ids.ts";
import { jsonValue } from "./json-value.ts";
import { completeItems } from "./replay-items.ts";

/**
 * {@link DeadLetterStore} on the tables dead_letters and webhook_events. The row of the event lists the follow-up jobs of
 * its failure, so that they can be enqueued again.
 * @param settings what follows from an AI turn that fails
 */
export function createDeadLetters(database: Database, newId: NewId, settings?: InboxSettings): DeadLetterStore {
  return {
    record: (job) => database.orm.transaction((tx) => record(tx, eventContext(newId, settings), job)),
    findRecorded: (queue, failures) => findRecorded(database.orm, queue, failures),
  };
}

async function findRecorded(
  orm: Executor,
  queue: string,
  failures: readonly Pick<ExhaustedJob, "jobId" | "failedAt">[],
): Promise<Set<string>> {
  if (failures.length === 0) return new Set();
  const jobIds = sql.param(failures.map(({ jobId }) => jobId));
  const times = sql.param(failures.map(({ failedAt }) => failedAt.toISOString()));
  const recorded = await orm.execute<{ jobId: string }>(sql`
    select failure.job_id as "jobId" from unnest(${jobIds}::text[], ${times}::text[]) as failure (job_id, failed_at)
    join ${deadLetters} on ${deadLetters.queue} = ${queue} and ${deadLetters.jobId} = failure.job_id
      and ${deadLetters.failedAt} >= failure.failed_at::timestamptz`);
  return new Set(recorded.map(({ jobId }) => jobId));
}

/** Most characters of an account. No platform has longer ids, and an index contains the account beside the error. */
const ACCOUNT_LENGTH = 100;

async function record(tx: Executor, context: EventContext, job: ExhaustedJob): Promise<boolean> {
  const { newId } = context;
  const state = STATE_BY_EVENT[await recordEvent(tx, newId, job)];
  const { queue, jobId, integration, eventId, kind, errorKind, attempts, correlationId, receivedAt, failedAt } = job;
  const error = shortenedForIndex(job.error);
  const content = { payload: jsonValue(job.payload), payloadHash: contentHash(job.payload) };
  const resolvedAt = state === "dead" ? null : failedAt;
  const latest = { errorKind, error, attempts, failedAt, state, resolvedAt, followedUpAt: null, ...content };
  const written = await tx
    .insert(deadLetters)
    .values({
      id: newId(),
      queue,
      jobId,
      integration,
      eventId,
      kind,
      account: job.account?.slice(0, ACCOUNT_LENGTH) ?? null,
      tenantId: await tenantOf(tx, payloadIds(job.payload)),
      correlationId,
      receivedAt,
      requestIndex: job.index ?? null,
      firstFailedAt: failedAt,
      ...latest,
    })
    .onConflictDoUpdate({
      target: [deadLetters.queue, deadLetters.jobId],
      set: { ...latest, history: extendedHistory, updatedAt: sql`now()` },
      setWhere: lt(deadLetters.failedAt, failedAt),
    })
    .returning({ id: deadLetters.id });
  await completeItems(
    tx,
    written.map(({ id }) => id),
    state === "discarded" ? "skipped" : state,
  );
  if (state === "dead" && written.length > 0) await failSubject(tx, context, job);
  return written.length > 0;
}

/** The state of a dead letter by the status of its event. An event that an operator discarded stays discarded. */
const STATE_BY_EVENT = { done: "resolved", dead: "dead", discarded: "discarded" } as const;

/** Marks the job's event as dead, unless it is done or discarded. Returns the event's status. */
async function recordEvent(tx: Executor, newId: NewId, job: ExhaustedJob): Promise<keyof typeof STATE_BY_EVENT> {
  await tx
    .insert(webhookEvents)
    .values({
      id: newId(),
      integration: job.integration,
      eventId: job.eventId,
      kind: job.kind,
      payloadHash: contentHash(job.payload),
      status: "dead",
      error: job.error,
      correlationId: job.correlationId,
      receivedAt: job.receivedAt,
    })
    .onConflictDoUpdate({
      target: [webhookEvents.integration, webhookEvents.eventId],
      set: { id: sql`excluded.id`, error: job.error, updatedAt: sql`now()` },
      setWhere: sql`${webhookEvents.status} = 'dead' and ${notExists(recordedFailure(tx, job))}`,
    });
  const [event] = await tx
    .select({ status: webhookEvents.status })
    .from(webhookEvents)
    .where(and(eq(webhookEvents.integration, job.integration), eq(webhookEvents.eventId, job.eventId)));
  return event?.status ?? "dead";
}

/** The history of a dead letter, extended by its previous failure, when its replayed job fails again. */
const extendedHistory = sql`${deadLetters.history} || jsonb_build_object(
  'at', ${deadLetters.failedAt}, 'errorKind', ${deadLetters.errorKind},
  'error', ${deadLetters.error}, 'attempts', ${deadLetters.attempts})`;

/** The tenant of the conversation, message or AI turn in a payload; null when it contains none. */
async function tenantOf(tx: Executor, { messageId, turnId, conversationId }: PayloadIds): Promise<string | null> {
  for (const [table, id] of [
    [conversations, conversationId && conversationIdOf(conversationId)],
    [messages, messageId],
    [aiTurns, turnId],
  ] as const) {
    if (id === undefined) continue;
    const [row] = await tx.select({ tenantId: table.tenantId }).from(table).where(eq(table.id, id));
    if (row) return row.tenantId;
  }
  return null;
}

/** Fails what the job was for: the message of a send job, or the AI turn of a turn job. */
async function failSubject(tx: Executor, context: EventContext, job: ExhaustedJob): Promise<void> {
  const { kind, error } = job;
  const { messageId, turnId } = payloadIds(job.payload);
  const { newId, domainEvents, followUps, subscribers } = context;
  if (kind === "send" && messageId !== undefined) {
    // After an uncertain send, the platform may still deliver the message: its later statuses count.
    const failed = await tx
      .update(messages)
      .set({ status: "failed", error, updatedAt: sql`now()` })
      .where(and(eq(messages.id, messageId), inArray(messages.status, ["queued", "sending"])))
      .returning(CHANGED_MESSAGE);
    domainEvents.push(...failed.map((message) => statusChanged(message, "failed")));
  }
  if (kind === "turn" && turnId !== undefined) await failTurn(tx, context, turnId, job.failedAt);
  await appendDomainEvents(tx, newId, domainEvents);
  const jobs = [...followUps, ...subscribedJobs(subscribers, domainEvents)];
  if (jobs.length > 0)
    await tx
      .update(webhookEvents)
      .set({ followUps: jobs, updatedAt: sql`now()` })
      .where(and(eq(webhookEvents.integration, job.integration), eq(webhookEvents.eventId, job.eventId)));
}

/** Selects the dead letter of a job if it records this failure or a later one. */
function recordedFailure(tx: Executor, { queue, jobId, failedAt }: ExhaustedJob) {
  return tx
    .select({ id: deadLetters.id })
    .from(deadLetters)
    .where(and(eq(deadLetters.queue, queue), eq(deadLetters.jobId, jobId), gte(deadLetters.failedAt, failedAt)));
}
