import { and, asc, eq, inArray, lt, sql } from "drizzle-orm";
import type { Conversion, ConversionBatch, FollowUp, NewId } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { databaseNow, later, msUntil } from "../connection/database-clock.ts";
import { conversionBatches, conversionUploads, deadLetters } from "../schema/index.ts";
import { shortenedForIndex } from "../schema/indexed-text.ts";
import { outcomeJob, uploadJob } from "./jobs.ts";
import { assignToBatch, type BatchForming, formBatches } from "./form-batches.ts";
import { type BatchResult, completeBatch, endDiscarded, retryFailed, WITHOUT_HASHES } from "./batch-results.ts";

/** A batch and its conversions, as its jobs find them. */
export type UploadBatch = ConversionBatch & {
  id: string;
  integration: string;
  state: (typeof conversionBatches.$inferSelect)["state"];
  requestId: string | undefined;
  sentAt: Date | undefined;
  /** How long until its slot in the rate limit, in ms by the database's clock; negative after it. */
  sendSlotInMs: number | undefined;
  attempts: number;
  statusChecks: number;
};

/** Batches of conversions, as the worker uploads them. */
export type ConversionBatches = {
  /** Forms batches of conversions that have waited long enough or fill a batch. Returns the upload jobs. */
  form(forming: BatchForming, at: Date): Promise<FollowUp[]>;
  /** Returns the jobs of batches without any change since `before`, to enqueue them again in case they are lost. */
  idleJobs(integration: string, before: Date, at: Date): Promise<FollowUp[]>;
  /** Ends batches for which an operator discarded the dead letter of the upload. */
  endDiscarded(integration: string, at: Date): Promise<void>;
  /** Finds a batch with the conversions that are not uploaded yet; undefined when it does not exist. */
  find(batchId: string): Promise<UploadBatch | undefined>;
  /** Records the send slot that the rate limit assigned, in `waitMs` from now, or clears it. */
  setSendSlot(batchId: string, waitMs: number | undefined): Promise<void>;
  /** Rejects single conversions; the rest of the batch continues. */
  reject(batchId: string, rejected: readonly { id: string; reason: string }[], at: Date): Promise<void>;
  /** Moves half of a batch to a new batch, and returns the new one's upload job. */
  split(batchId: string): Promise<FollowUp>;
  /** Records that the platform accepted the batch. */
  markSent(batchId: string, requestId: string, at: Date): Promise<void>;
  /** Records a status check without a result. */
  countStatusCheck(batchId: string): Promise<void>;
  /** Records the final result of a batch. */
  complete(batchId: string, outcome: BatchResult, at: Date): Promise<void>;
  /** Records the result, and uploads the conversions again in a new batch after `notBefore`. Returns its upload job. */
  retryFailed(batchId: string, outcome: BatchResult, at: Date, notBefore: Date): Promise<FollowUp[]>;
};

/** {@link ConversionBatches} on the tables conversion_batches and conversion_uploads. */
export function createConversionBatches({ orm }: Database, newId: NewId): ConversionBatches {
  return {
    form: (forming, at) => orm.transaction((tx) => formBatches(tx, newId, forming, at)),
    async idleJobs(integration, before, at) {
      const rows = await orm
        .update(conversionBatches)
        .set({ updatedAt: at })
        .where(
          and(
            eq(conversionBatches.integration, integration),
            inArray(conversionBatches.state, ["formed", "sent"]),
            lt(conversionBatches.updatedAt, before),
            sql`not exists ${unresolvedDeadLetter()}`,
          ),
        )
        .returning();
      return rows.map((batch) => (batch.state === "formed" ? uploadJob(batch) : outcomeJob(batch, at)));
    },
    endDiscarded: (integration, at) => orm.transaction((tx) => endDiscarded(tx, integration, at)),
    find: (batchId) => find(orm, batchId),
    async setSendSlot(batchId, waitMs) {
      await orm
        .update(conversionBatches)
        .set({ sendSlotAt: waitMs === undefined ? null : later(databaseNow(), waitMs) })
        .where(eq(conversionBatches.id, batchId));
    },
    reject: (batchId, rejected, at) =>
      orm.transaction(async (tx) => {
        for (const { id, reason } of rejected)
          await tx
            .update(conversionUploads)
            .set({ status: "rejected", error: shortenedForIndex(reason), payload: WITHOUT_HASHES, updatedAt: at })
            .where(and(eq(conversionUploads.id, id), eq(conversionUploads.status, "queued")));
        if ((await queuedIn(tx, batchId)).length > 0) return;
        await tx
          .update(conversionBatches)
          .set({ state: "rejected", completedAt: at, updatedAt: at })
          .where(and(eq(conversionBatches.id, batchId), eq(conversionBatches.state, "formed")));
      }),
    split: (batchId) => orm.transaction((tx) => halve(tx, newId, batchId)),
    markSent: (batchId, requestId, at) =>
      orm.transaction(async (tx) => {
        await tx
          .update(conversionBatches)
          .set({ state: "sent", requestId, sentAt: at, updatedAt: at })
          .where(and(eq(conversionBatches.id, batchId), eq(conversionBatches.state, "formed")));
        await tx
          .update(conversionUploads)
          .set({ status: "sent", requestId, updatedAt: at })
          .where(and(eq(conversionUploads.batchId, batchId), eq(conversionUploads.status, "queued")));
      }),
    async countStatusCheck(batchId) {
      await orm
        .update(conversionBatches)
        .set({ statusChecks: sql`${conversionBatches.statusChecks} + 1`, updatedAt: sql`now()` })
        .where(eq(conversionBatches.id, batchId));
    },
    complete: (batchId, outcome, at) => orm.transaction((tx) => completeBatch(tx, batchId, outcome, at)),
    retryFailed: (batchId, outcome, at, notBefore) =>
      orm.transaction((tx) => retryFailed(tx, newId, { batchId, outcome, at, notBefore })),
  };
}

async function halve(tx: Executor, newId: NewId, batchId: string): Promise<FollowUp> {
  const [batch] = await tx.select().from(conversionBatches).where(eq(conversionBatches.id, batchId)).for("update");
  if (!batch) throw new Error(`batch ${batchId} does not exist`);
  const open = await queuedIn(tx, batchId);
  const moved = open.slice(0, Math.floor(open.length / 2)).map(({ id }) => id);
  const { integration, accountId, actionId, attempts, createdAt } = batch;
  const id = newId();
  await tx
    .insert(conversionBatches)
    .values({ id, integration, accountId, actionId, state: "formed", size: moved.length, attempts, createdAt });
  await assignToBatch(tx, id, moved);
  await tx
    .update(conversionBatches)
    .set({ size: batch.size - moved.length, updatedAt: sql`now()` })
    .where(eq(conversionBatches.id, batchId));
  return uploadJob({ integration, id, accountId });
}

function queuedIn(tx: Executor, batchId: string) {
  return tx
    .select({ id: conversionUploads.id, payload: conversionUploads.payload })
    .from(conversionUploads)
    .where(and(eq(conversionUploads.batchId, batchId), eq(conversionUploads.status, "queued")))
    .orderBy(asc(conversionUploads.createdAt), asc(conversionUploads.id));
}

async function find(tx: Executor, batchId: string): Promise<UploadBatch | undefined> {
  const sendSlotInMs = sql<number | null>`${msUntil(conversionBatches.sendSlotAt, databaseNow)}`;
  const [row] = await tx
    .select({ batch: conversionBatches, sendSlotInMs })
    .from(conversionBatches)
    .where(eq(conversionBatches.id, batchId));
  if (!row) return undefined;
  const { id, integration, accountId, actionId, state, requestId, sentAt, attempts, statusChecks } = row.batch;
  const open = await queuedIn(tx, batchId);
  return {
    id,
    integration,
    accountId,
    actionId,
    state,
    attempts,
    statusChecks,
    requestId: requestId ?? undefined,
    sentAt: sentAt ?? undefined,
    sendSlotInMs: row.sendSlotInMs ?? undefined,
    conversions: open.map(({ payload, id: conversionId }) => ({ ...(payload as Conversion), id: conversionId })),
  };
}

/** An unresolved dead letter of one of the batch's jobs, as SQL: an operator decides about the batch first. */
function unresolvedDeadLetter() {
  return sql`(select from ${deadLetters}
    where ${deadLetters.integration} = ${conversionBatches.integration} and ${deadLetters.state} <> 'resolved'
      and ${deadLetters.eventId} in ('upload.' || ${conversionBatches.id}, 'outcome.' || ${conversionBatches.id}))`;
}
