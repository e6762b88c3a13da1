import { and, count, desc, eq, inArray, sql } from "drizzle-orm";
import { HELD_REASONS, type HeldReason, type NewId } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { conversionBatches, conversionUploads, hasReasons } from "../schema/conversions.ts";
import { type AuditContext, createAuditLog } from "../operators/audit-log.ts";

/** The conversions of a day by status and reason. */
export type ConversionCount = { day: string; status: string; reason: string | null; conversions: number };

/** How many conversions are held, and why. */
export type HeldCount = { heldFor: HeldReason; conversions: number };

/** How many conversions of a day were rejected for a reason that no single conversion has. */
export type RejectionCount = { day: string; reason: string; conversions: number };

/** A batch with its errors and warnings, which the platform reports per batch. */
export type BatchReport = {
  day: string;
  requestId: string | null;
  state: string;
  size: number;
  errors: readonly { reason: string; count: number }[];
  warnings: readonly { reason: string; count: number }[];
};

/** Reports conversions and releases held ones. */
export type ConversionReport = {
  /**
   * Lists the latest days first, of the {@link REPORTED_DAYS} days up to the latest conversion. Days are in UTC, by the time
   * at which the conversion was accepted.
   */
  days(limit: number): Promise<ConversionCount[]>;
  /**
   * Lists the reasons of rejections that have none in {@link days}, because the platform rejected a part of a batch or
   * reported several reasons. The latest days come first, of the {@link REPORTED_DAYS} days up to the
   * latest such batch. Days are in UTC, by the time at which the batch was formed.
   */
  rejections(limit: number): Promise<RejectionCount[]>;
  /** Lists completed batches with errors or warnings, latest first. */
  batches(limit: number): Promise<BatchReport[]>;
  /** Counts held conversions by reason. */
  held(): Promise<HeldCount[]>;
  /** Releases the conversions that are held for one of these reasons. Returns how many. */
  release(heldFor: readonly HeldReason[], by: AuditContext): Promise<number>;
};

/** How many days a report covers. Counting all conversions would take longer with each day. */
export const REPORTED_DAYS = 31;

/** {@link ConversionReport} on the tables conversion_uploads and conversion_batches. */
export function createConversionReport({ orm }: Database, newId: NewId): ConversionReport {
  const batchDay = sql<string>`to_char(${conversionBatches.createdAt} at time zone 'UTC', 'YYYY-MM-DD')`;
  return {
    async days(limit) {
      // Day by day, because grouping all rows by a text takes three times as long.
      const rows = await orm.execute<ConversionCount>(sql`
        select to_char(day at time zone 'UTC', 'YYYY-MM-DD') as day, counted.*
        from (select date_trunc('day', max(created_at), 'UTC') as last from ${conversionUploads}) as days,
          generate_series(last, last - ${REPORTED_DAYS - 1} * interval '24 hours', interval '-24 hours') as day,
          lateral (
            select status, error as reason, count(*)::int as conversions from ${conversionUploads}
            where created_at >= day and created_at < day + interval '24 hours' group by status, error) as counted
        order by day desc, status, reason limit ${limit}`);
      return [...rows];
    },
    async rejections(limit) {
      // Conversions of a later attempt belong to another batch, and count there.
      const hasNoReason = sql`(select from ${conversionUploads} where ${conversionUploads.batchId} = ${conversionBatches.id}
        and ${conversionUploads.error} is null and ${conversionUploads.status} in ('partially processed', 'rejected'))`;
      const isRejected = inArray(conversionBatches.state, ["partial", "failed"]);
      const rows = await orm.execute<RejectionCount>(sql`
        select ${batchDay} as day, rejected.reason, sum(rejected.count)::int as conversions
        from ${conversionBatches}, jsonb_to_recordset(${conversionBatches.errors}) as rejected (reason text, count int)
        where ${isRejected} and exists ${hasNoReason} and ${conversionBatches.createdAt} >= (
          select date_trunc('day', max(created_at), 'UTC') from ${conversionBatches} where state in ('partial', 'failed'))
          - ${REPORTED_DAYS - 1} * interval '24 hours'
        group by 1, 2 order by day desc, conversions desc, reason limit ${limit}`);
      return [...rows];
    },
    async batches(limit) {
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
        .where(hasReasons(conversionBatches))
        .orderBy(desc(conversionBatches.id))
        .limit(limit);
      return rows.map((row) => ({ ...row, errors: row.errors ?? [], warnings: row.warnings ?? [] }));
    },
    async held() {
      const rows = await orm
        .select({ heldFor: conversionUploads.error, conversions: count() })
        .from(conversionUploads)
        .where(eq(conversionUploads.status, "held"))
        .groupBy(conversionUploads.error);
      const counts = new Map(rows.map(({ heldFor, conversions }) => [heldFor, conversions]));
      return HELD_REASONS.flatMap((heldFor) => {
        const conversions = counts.get(heldFor);
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
