import { and, asc, eq, inArray, lt, sql } from "drizzle-orm";
import type { Conversion, ConversionBatch, FollowUp, NewId } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { conversionBatches, conversionUploads, deadLetters } from "../schema/index.ts";
import { outcomeJob, uploadJob } from "./jobs.ts";
import { assign, type BatchForming, formBatches } from "./form-batches.ts";
import { type Ended, endDiscarded, sendAgain, completeBatch, WITHOUT_HASHES } from "./batch-results.ts";

/** A batch as its job finds it. */
export type UploadBatch = ConversionBatch & {
  id: string;
  integration: string;
  state: (typeof conversionBatches.$inferSelect)["state"];
  requestId: string | undefined;
  sentAt: Date | undefined;
  sendSlotAt: Date | undefined;
  attempts: number;
  statusChecks: number;
};

/** Conversions on their way to the platform, for the worker that uploads them. */
export type ConversionBatches = {
  /** Makes batches of what was gathered long enough, or is enough for one. Tells their jobs. */
  form(gathering: BatchForming, at: Date): Promise<FollowUp[]>;
  /** The jobs of batches that nothing happened to since before `before`: they are enqueued again, in case they are lost. */
  idle(integration: string, before: Date, at: Date): Promise<FollowUp[]>;
  /** Ends the batches whose upload a person has given up: its dead letter is discarded. */
  endDiscarded(integration: string, at: Date): Promise<void>;
  /** A batch with those of its conversions that are still to be uploaded; undefined when there is none. */
  find(batchId: string): Promise<UploadBatch | undefined>;
  /** Keeps when the platform's limit lets it go. */
  keepSlot(batchId: string, at: Date | undefined): Promise<void>;
  /** These cost themselves alone. */
  reject(batchId: string, rejected: readonly { id: string; reason: string }[], at: Date): Promise<void>;
  /** Half of it becomes a batch of its own; tells that one's job. */
  halve(batchId: string): Promise<FollowUp>;
  /** The platform has taken it. */
  sent(batchId: string, requestId: string, at: Date): Promise<void>;
  /** It was asked in vain what became of it. */
  checked(batchId: string): Promise<void>;
  /** The platform has told what became of it. */
  settle(batchId: string, outcome: Ended, at: Date): Promise<void>;
  /** So it has, and what is left of it becomes a batch that is sent again, not before `notBefore`; tells that one's job. */
  again(batchId: string, outcome: Ended, at: Date, notBefore: Date): Promise<FollowUp[]>;
};

/** {@link ConversionBatches} on the tables conversion_batches and conversion_uploads. */
export function createConversionBatches({ orm }: Database, newId: NewId): ConversionBatches {
  return {
    form: (gathering, at) => orm.transaction((tx) => formBatches(tx, newId, gathering, at)),
    async idle(integration, before, at) {
      const rows = await orm
        .update(conversionBatches)
        .set({ updatedAt: at })
        .where(
          and(
            eq(conversionBatches.integration, integration),
            inArray(conversionBatches.state, ["formed", "sent"]),
            lt(conversionBatches.updatedAt, before),
            sql`not exists ${unsettledLetter()}`,
          ),
        )
        .returning();
      return rows.map((batch) => (batch.state === "formed" ? uploadJob(batch) : outcomeJob(batch, at)));
    },
    endDiscarded: (integration, at) => orm.transaction((tx) => endDiscarded(tx, integration, at)),
    find: (batchId) => find(orm, batchId),
    async keepSlot(batchId, at) {
      await orm
        .update(conversionBatches)
        .set({ sendSlotAt: at ?? null })
        .where(eq(conversionBatches.id, batchId));
    },
    reject: (batchId, rejected, at) =>
      orm.transaction(async (tx) => {
        for (const { id, reason } of rejected)
          await tx
            .update(conversionUploads)
            .set({ status: "rejected", error: reason, payload: WITHOUT_HASHES, updatedAt: at })
            .where(and(eq(conversionUploads.id, id), eq(conversionUploads.status, "queued")));
        if ((await openOf(tx, batchId)).length > 0) return;
        await tx
          .update(conversionBatches)
          .set({ state: "rejected", completedAt: at, updatedAt: at })
          .where(and(eq(conversionBatches.id, batchId), eq(conversionBatches.state, "formed")));
      }),
    halve: (batchId) => orm.transaction((tx) => halve(tx, newId, batchId)),
    sent: (batchId, requestId, at) =>
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
    async checked(batchId) {
      await orm
        .update(conversionBatches)
        .set({ statusChecks: sql`${conversionBatches.statusChecks} + 1`, updatedAt: sql`now()` })
        .where(eq(conversionBatches.id, batchId));
    },
    settle: (batchId, outcome, at) => orm.transaction((tx) => completeBatch(tx, batchId, outcome, at)),
    again: (batchId, outcome, at, notBefore) =>
      orm.transaction((tx) => sendAgain(tx, newId, { batchId, outcome, at, notBefore })),
  };
}

async function halve(tx: Executor, newId: NewId, batchId: string): Promise<FollowUp> {
  const [batch] = await tx.select().from(conversionBatches).where(eq(conversionBatches.id, batchId)).for("update");
  if (!batch) throw new Error(`batch ${batchId} vanished`);
  const open = await openOf(tx, batchId);
  const moved = open.slice(0, Math.floor(open.length / 2)).map(({ id }) => id);
  const { integration, accountId, actionId, attempts, createdAt } = batch;
  const id = newId();
  await tx
    .insert(conversionBatches)
    .values({ id, integration, accountId, actionId, state: "formed", size: moved.length, attempts, createdAt });
  await assign(tx, id, moved);
  await tx
    .update(conversionBatches)
    .set({ size: batch.size - moved.length, updatedAt: sql`now()` })
    .where(eq(conversionBatches.id, batchId));
  return uploadJob({ integration, id, accountId });
}

function openOf(tx: Executor, batchId: string) {
  return tx
    .select({ id: conversionUploads.id, payload: conversionUploads.payload })
    .from(conversionUploads)
    .where(and(eq(conversionUploads.batchId, batchId), eq(conversionUploads.status, "queued")))
    .orderBy(asc(conversionUploads.createdAt), asc(conversionUploads.id));
}

async function find(tx: Executor, batchId: string): Promise<UploadBatch | undefined> {
  const [batch] = await tx.select().from(conversionBatches).where(eq(conversionBatches.id, batchId));
  if (!batch) return undefined;
  const { id, integration, accountId, actionId, state, requestId, sentAt, sendSlotAt, attempts, statusChecks } = batch;
  const open = await openOf(tx, batchId);
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
    sendSlotAt: sendSlotAt ?? undefined,
    conversions: open.map((row) => ({ ...(row.payload as Conversion), id: row.id })),
  };
}

/** A letter of one of the batch's jobs, which a person has to see to first. */
function unsettledLetter() {
  return sql`(select from ${deadLetters}
    where ${deadLetters.integration} = ${conversionBatches.integration} and ${deadLetters.state} <> 'resolved'
      and ${deadLetters.eventId} in ('upload.' || ${conversionBatches.id}, 'outcome.' || ${conversionBatches.id}))`;
}
