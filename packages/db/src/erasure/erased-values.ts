import { contentHash } from "@millrace/core";
import type { RowCounts } from "./scope.ts";

/** Replaces erased JSON. */
export const ERASED = { erased: true };

/** Replaces an event id that contains personal data. A redelivery of the event is recognized by it. */
export function erasedEventId(eventId: string): string {
  return `erased.${contentHash(eventId)}`;
}

/** Adds up the counts per table. */
export function sumOf(one: RowCounts, two: RowCounts): RowCounts {
  const tables = [...new Set([...Object.keys(one), ...Object.keys(two)])];
  return Object.fromEntries(tables.map((table) => [table, (one[table] ?? 0) + (two[table] ?? 0)]));
}
