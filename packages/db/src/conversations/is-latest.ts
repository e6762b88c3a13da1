import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/**
 * Whether a report of time `at` is newer than the last one, at the time in a column. Platforms report whole seconds,
 * so two reports can have the same time: `winsTie` decides that case, so that the order of arrival does not matter.
 */
export function isLatest(column: PgColumn, at: Date, winsTie: boolean): SQL {
  const time = sql.param(at, column);
  return winsTie ? sql`coalesce(${column} <= ${time}, true)` : sql`coalesce(${column} < ${time}, true)`;
}
