import { and, count, desc, eq, inArray, isNotNull, sql } from "drizzle-orm";
import type { AuditContext } from "../dead-letters/replays.ts";
import { HELD_REASONS, type HeldReason, type NewId } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { conversionBatches, conversionUploads } from "../schema/index.ts";
import { createAuditLog } from "../operators/audit-log.ts";

/** Conversions of a day by what has become of them, and why. */
export type ConversionLine = { day: string; status: string; reason: string | null; conversions: number };

/** How many are held, and for what. */
export type HeldLine = { heldFor: HeldReason; conversions: number };

/** How many conversions of a day were refused for a reason, of which it is not told which they are. */
export type RefusalLine = { day: string; reason: string; conversions: number };

/** What a batch was told, that no single conversion was. */
export type BatchLine = {
  day: string;
  requestId: string | null;
  state: string;
  size: number;
  errors: readonly { reason: string; count: number }[];
  warnings: readonly { reason: string; count: number }[];
};

/** Tells of conversions, and lets held ones go. */
export type ConversionReport = {
  /** Latest day first; a day is one of UTC, by when the conversion was taken in. */
  days(most: number): Promise<ConversionLine[]>;
  /**
   * Of what stands in {@link days} without its reason, as the platform refused only some of its request or did so for
   * several: the counts that it told. Latest day first; a day is one of UTC, by when the request was made up.
   */
  refusals(most: number): Promise<RefusalLine[]>;
  /** Batches that have ended with errors or warnings, latest first. */
  batches(most: number): Promise<BatchLine[]>;
  /** What is held, by what for. */
  held(): Promise<HeldLine[]>;
  /** Has those that are held for one of these uploaded. Tells how many. */
  release(heldFor: readonly HeldReason[], by: AuditContext): Promise<number>;
};

/** {@link ConversionReport} on the tables conversion_uploads and conversion_batches. */
export function createConversionReport({ orm }: Database, newId: NewId): ConversionReport {
  const day = sql<string>`to_char(${conversionUploads.createdAt} at time zone 'UTC', 'YYYY-MM-DD')`;
  const batchDay = sql<string>`to_char(${conversionBatches.createdAt} at time zone 'UTC', 'YYYY-MM-DD')`;
  return {
    days: (most) =>
      orm
        .select({
          day: day.as("day"),
          status: conversionUploads.status,
          reason: conversionUploads.error,
          conversions: count(),
        })
        .from(conversionUploads)
        .groupBy(sql`day`, conversionUploads.status, conversionUploads.error)
        .orderBy(sql`day desc`, conversionUploads.status, conversionUploads.error)
        .limit(most),
    async refusals(most) {
      // What was sent again is of another batch by now, and counts there.
      const isUntold = sql`(select from ${conversionUploads} where ${conversionUploads.batchId} = ${conversionBatches.id}
        and ${conversionUploads.error} is null and ${conversionUploads.status} in ('partially processed', 'rejected'))`;
      const rows = await orm.execute<RefusalLine>(sql`
        select ${batchDay} as day, refused.reason, sum(refused.count)::int as conversions
        from ${conversionBatches}, jsonb_to_recordset(${conversionBatches.errors}) as refused (reason text, count int)
        where ${conversionBatches.state} in ('partial', 'failed') and exists ${isUntold}
        group by 1, 2 order by day desc, conversions desc, reason limit ${most}`);
      return [...rows];
    },
    async batches(most) {
      const rows = await orm
        .select({
          day: batchDay,
          requestId: conversionBatches.requestId,
          state: conversionBatches.state,
          size: conversionBatches.size,
          errors: conversionBatches.errors,
          warnings: conversionBatches.warnings,
        })
        .from(conversionBatches)
        .where(
          and(
            isNotNull(conversionBatches.errors),
            sql`(jsonb_array_length(${conversionBatches.errors}) > 0 or jsonb_array_length(${conversionBatches.warnings}) > 0)`,
          ),
        )
        .orderBy(desc(conversionBatches.id))
        .limit(most);
      return rows.map((row) => ({ ...row, errors: row.errors ?? [], warnings: row.warnings ?? [] }));
    },
    async held() {
      const rows = await orm
        .select({ heldFor: conversionUploads.error, conversions: count() })
        .from(conversionUploads)
        .where(eq(conversionUploads.status, "held"))
        .groupBy(conversionUploads.error);
      const found = new Map(rows.map(({ heldFor, conversions }) => [heldFor, conversions]));
      return HELD_REASONS.flatMap((heldFor) => {
        const conversions = found.get(heldFor);
        return conversions === undefined ? [] : [{ heldFor, conversions }];
      });
    },
    release: (heldFor, by) =>
      orm.transaction(async (tx) => {
        const released = await tx
          .update(conversionUploads)
          .set({ status: "queued", error: null, updatedAt: sql`now()` })
          .where(and(eq(conversionUploads.status, "held"), inArray(conversionUploads.error, [...heldFor])));
        if (released.count === 0) return 0;
        await createAuditLog({ orm: tx }, newId).record({
          ...by,
          action: "conversions.released",
          subject: "conversions",
          before: { status: "held", for: heldFor },
          after: { status: "queued", conversions: released.count },
        });
        return released.count;
      }),
  };
}
