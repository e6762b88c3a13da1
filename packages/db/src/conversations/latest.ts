import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/**
 * Whether a word told `at` is the latest by the column that holds the time of the last one. Platforms tell seconds, so
 * two can be of one moment: `beatsEqual` says whether this one then wins, so that their order does not matter.
 */
export function isLatest(toldAt: PgColumn, at: Date, beatsEqual: boolean): SQL {
  const time = sql.param(at, toldAt);
  return beatsEqual ? sql`coalesce(${toldAt} <= ${time}, true)` : sql`coalesce(${toldAt} < ${time}, true)`;
}
