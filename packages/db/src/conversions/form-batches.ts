import { and, asc, count, eq, inArray, isNull, min, sql } from "drizzle-orm";
import type { FollowUp, NewId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversionBatches, conversionUploads } from "../schema/index.ts";
import { uploadJob } from "./jobs.ts";

/** How conversions are collected into batches. */
export type BatchForming = {
  /** The integration that uploads the conversions. */
  integration: string;
  /** The most conversions of one batch. */
  maxBatch: number;
  /** How long the first conversion of a batch waits for others, in ms. */
  windowMs: number;
};

/** Forms batches of conversions that have waited long enough or fill a batch. Returns the upload jobs. */
export async function formBatches(tx: Executor, newId: NewId, forming: BatchForming, at: Date): Promise<FollowUp[]> {
  const { integration, maxBatch, windowMs } = forming;
  // One worker at a time, because two would form two small batches.
  const [lock] = await tx.execute<{ mine: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`form_batches.${integration}`}, 0)) as mine`,
  );
  if (!lock?.mine) return [];
  const waiting = and(
    eq(conversionUploads.integration, integration),
    eq(conversionUploads.status, "queued"),
    isNull(conversionUploads.batchId),
  );
  const groups = await tx
    .select({
      accountId: conversionUploads.accountId,
      actionId: conversionUploads.conversionActionId,
      size: count(),
      firstAt: min(conversionUploads.createdAt),
    })
    .from(conversionUploads)
    .where(waiting)
    .groupBy(conversionUploads.accountId, conversionUploads.conversionActionId);
  const jobs: FollowUp[] = [];
  for (const { accountId, actionId, size, firstAt } of groups) {
    const isDue = firstAt !== null && firstAt.getTime() <= at.getTime() - windowMs;
    const full = Math.floor(size / maxBatch);
    const formed = isDue ? Math.ceil(size / maxBatch) : full;
    for (let index = 0; index < formed; index++) {
      const rows = await tx
        .select({ id: conversionUploads.id })
        .from(conversionUploads)
        .where(
          and(waiting, eq(conversionUploads.accountId, accountId), eq(conversionUploads.conversionActionId, actionId)),
        )
        .orderBy(asc(conversionUploads.createdAt), asc(conversionUploads.id))
        .limit(maxBatch);
      const id = newId();
      await tx.insert(conversionBatches).values({
        id,
        integration,
        accountId,
        actionId,
        state: "formed",
        size: rows.length,
        createdAt: at,
        updatedAt: at,
      });
      await assignToBatch(
        tx,
        id,
        rows.map((row) => row.id),
      );
      jobs.push(uploadJob({ integration, id, accountId }));
    }
  }
  return jobs;
}

/** Assigns conversions to a batch. */
export async function assignToBatch(tx: Executor, batchId: string, ids: readonly string[]): Promise<void> {
  await tx
    .update(conversionUploads)
    .set({ batchId })
    .where(inArray(conversionUploads.id, [...ids]));
}
