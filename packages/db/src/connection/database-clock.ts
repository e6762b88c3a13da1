import { type SQL, type SQLWrapper, sql } from "drizzle-orm";

/**
 * The time by the database's clock, as an expression in SQL. Several workers compare the times that they store, and
 * their own clocks can differ by minutes. Tests pass another expression.
 */
export type DatabaseNow = () => SQL<Date>;

/** {@link DatabaseNow} as the start of the transaction, so that all times of one transaction agree. */
export const databaseNow: DatabaseNow = () => sql<Date>`now()`;

/** {@link DatabaseNow} as the current moment, for times that must not lag behind in a transaction that waits for a lock. */
export const databaseClock: DatabaseNow = () => sql<Date>`clock_timestamp()`;

/** The time `ms` after another one, as an expression in SQL. */
export function later(time: SQLWrapper, ms: number): SQL<Date> {
  return sql<Date>`(${time} + ${ms}::float8 * interval '1 millisecond')`;
}

/** The ms from now until a stored time, as an expression in SQL: negative after it, null without a time. */
export function msUntil(time: SQLWrapper, now: DatabaseNow): SQL<number> {
  return sql<number>`ceil(extract(epoch from ${time} - ${now()}) * 1000)::float8`;
}
