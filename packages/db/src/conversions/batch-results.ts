import { and, count, eq, inArray, sql } from "drizzle-orm";
import type { BatchOutcome, FollowUp, NewId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversionBatches, conversionUploads, deadLetters } from "../schema/index.ts";
import { shortenedForIndex } from "../schema/indexed-text.ts";
import { uploadJob } from "./jobs.ts";
import { ERASED } from "../erasure/erased-values.ts";

/** The final result of a batch, as the platform reports it. */
export type BatchResult = Exclude<BatchOutcome, { state: "processing" }>;

/** The payload of a completed conversion, without the hashes of the e-mail address and phone number. */
export const WITHOUT_HASHES = sql`${conversionUploads.payload} - 'emailHash' - 'phoneHash'`;

/** Records the result of a batch and of its conversions. */
export async function completeBatch(tx: Executor, batchId: string, outcome: BatchResult, at: Date): Promise<void> {
  const { state, errors } = outcome;
  await recordResult(tx, batchId, outcome, at);
  const status = { success: "processed", partial: "partially processed", failed: "rejected" } as const;
  // The platform does not report which conversion failed: with several, only the batch has the reasons.
  const sent = sentOf(batchId);
  const [row] = await tx.select({ size: count() }).from(conversionUploads).where(sent);
  const [only, ...others] = errors;
  const error = (state === "failed" && others.length === 0) || row?.size === 1 ? (only?.reason ?? null) : null;
  await tx
    .update(conversionUploads)
    .set({
      status: status[state],
      error: error && shortenedForIndex(error),
      payload: WITHOUT_HASHES,
      updatedAt: at,
    })
    .where(sent);
}

/** Records the result of a batch, and forms a new batch of its conversions for another attempt. */
export async function retryFailed(
  tx: Executor,
  newId: NewId,
  { batchId, outcome, at, notBefore }: { batchId: string; outcome: BatchResult; at: Date; notBefore: Date },
): Promise<FollowUp[]> {
  const batch = await recordResult(tx, batchId, outcome, at);
  await tx
    .update(conversionUploads)
    .set({ status: "rejected", error: "erased", updatedAt: at })
    .where(and(sentOf(batchId), sql`${conversionUploads.payload} = ${JSON.stringify(ERASED)}::jsonb`));
  const rows = await tx.select({ id: conversionUploads.id }).from(conversionUploads).where(sentOf(batchId));
  if (!batch || rows.length === 0) return [];
  const { integration, accountId, actionId } = batch;
  const id = newId();
  await tx.insert(conversionBatches).values({
    id,
    integration,
    accountId,
    actionId,
    state: "formed",
    size: rows.length,
    attempts: batch.attempts + 1,
    createdAt: at,
    updatedAt: at,
  });
  await tx
    .update(conversionUploads)
    .set({ status: "queued", batchId: id, requestId: null, updatedAt: at })
    .where(sentOf(batchId));
  return [{ ...uploadJob({ integration, id, accountId }), notBefore: notBefore.toISOString() }];
}

/** Rejects the batches, with their conversions, for which the dead letter of the upload is discarded. */
export async function endDiscarded(tx: Executor, integration: string, at: Date): Promise<void> {
  const isDiscarded = sql`exists (select from ${deadLetters}
    where ${deadLetters.integration} = ${integration} and ${deadLetters.state} = 'discarded'
      and ${deadLetters.eventId} = 'upload.' || ${conversionBatches.id})`;
  const ended = await tx
    .update(conversionBatches)
    .set({ state: "rejected", completedAt: at, updatedAt: at })
    .where(and(eq(conversionBatches.integration, integration), eq(conversionBatches.state, "formed"), isDiscarded))
    .returning({ id: conversionBatches.id });
  const batchIds = ended.map(({ id }) => id);
  if (batchIds.length === 0) return;
  await tx
    .update(conversionUploads)
    .set({ status: "rejected", error: "discarded", payload: WITHOUT_HASHES, updatedAt: at })
    .where(and(inArray(conversionUploads.batchId, batchIds), eq(conversionUploads.status, "queued")));
}

/** Records the result of a batch; returns undefined when it was recorded before. */
async function recordResult(tx: Executor, batchId: string, { state, errors, warnings }: BatchResult, at: Date) {
  const [batch] = await tx
    .update(conversionBatches)
    .set({ state, errors, warnings, completedAt: at, updatedAt: at })
    .where(and(eq(conversionBatches.id, batchId), eq(conversionBatches.state, "sent")))
    .returning();
  return batch;
}

function sentOf(batchId: string) {
  return and(eq(conversionUploads.batchId, batchId), eq(conversionUploads.status, "sent"));
}
