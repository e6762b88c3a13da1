import { and, asc, count, eq, inArray, isNull, min, sql } from "drizzle-orm";
import type { FollowUp, NewId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversionBatches, conversionUploads } from "../schema/index.ts";
import { uploadJob } from "./jobs.ts";

/** How conversions are gathered into batches. */
export type BatchForming = {
  /** The integration whose they are. */
  integration: string;
  maxBatch: number;
  /** How long the first of a batch waits for others, in ms. */
  windowMs: number;
};

/** Makes batches of what was gathered long enough, or is enough for one. Tells their jobs. */
export async function formBatches(tx: Executor, newId: NewId, gathering: BatchForming, at: Date): Promise<FollowUp[]> {
  const { integration, maxBatch, windowMs } = gathering;
  // One worker at a time: two would make two small batches of one.
  const [turn] = await tx.execute<{ mine: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`form_batches.${integration}`}, 0)) as mine`,
  );
  if (!turn?.mine) return [];
  const waiting = and(eq(conversionUploads.status, "queued"), isNull(conversionUploads.batchId));
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
      await assign(
        tx,
        id,
        rows.map((row) => row.id),
      );
      jobs.push(uploadJob({ integration, id, accountId }));
    }
  }
  return jobs;
}

/** Puts conversions into a batch. */
export async function assign(tx: Executor, batchId: string, ids: readonly string[]): Promise<void> {
  await tx
    .update(conversionUploads)
    .set({ batchId })
    .where(inArray(conversionUploads.id, [...ids]));
}
