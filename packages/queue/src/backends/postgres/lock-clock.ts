import type { IQueueBackend } from "bullmq";

/** The database's clock in ms since 1970, as SQL. */
const DATABASE_NOW = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

/** A parameter with a time by the worker's clock, moved to the database's clock, as SQL. */
const moved = (now: string, parameter = now) => `(${parameter}::bigint + ${DATABASE_NOW} - ${now}::bigint)`;

/**
 * The parts of BullMQ 6.7's statements that decide until when a job is locked, and their replacements. BullMQ adds the
 * lifetime of a lock to the time, so the replacements of claims move the lifetime and leave the time as it is.
 */
const REPLACEMENTS = [
  ["move_to_active($1, $2, $3, $4", `move_to_active($1, $2, ${moved("$4", "$3")}, $4`],
  ["$7, $8, $9, $10, $11, $12, $13)", `$7, $8, ${moved("$10", "$9")}, $10, $11, $12, $13)`],
  ["$7, $8, $9, $10, $11, $12, $13, $14)", `$7, $8, $9, ${moved("$11", "$10")}, $11, $12, $13, $14)`],
  ["extend_lock($1, $2, $3, $4, $5)", `extend_lock($1, $2, $3, $4, ${moved("$5")})`],
  ["locked_until_ms = $5::bigint", `locked_until_ms = ${moved("$5")}`],
  ["move_stalled_jobs_to_wait($1, $2, $3, $4)", `move_stalled_jobs_to_wait($1, $2, ${moved("$3")}, $4)`],
] as const;

type Statements = { query(text: string, parameters: readonly unknown[]): Promise<unknown> };

/**
 * Makes a worker lock jobs by the database's clock. BullMQ 6.7 on Postgres compares the clocks of the workers: those of
 * one that is behind would stall at once, and a crashed one that is ahead would keep its jobs until the others reach its
 * time. Redis ends locks by its own clock.
 */
export function lockByDatabaseClock(backend: IQueueBackend): IQueueBackend {
  const statements = backend as unknown as Statements;
  const query = statements.query.bind(statements);
  const replaced = new Map<string, string>();
  statements.query = (text, parameters) => {
    let statement = replaced.get(text);
    if (statement === undefined) {
      statement = REPLACEMENTS.reduce((before, [part, replacement]) => before.replace(part, () => replacement), text);
      replaced.set(text, statement);
    }
    return query(statement, parameters);
  };
  return backend;
}
