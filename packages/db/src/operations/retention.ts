import { type SQL, sql } from "drizzle-orm";
import { firstIdAt } from "@millrace/core";
import type { Database } from "../connection/database.ts";

/** Tables whose rows are forgotten once they are over, in the order in which they go: what points to a row goes first. */
export const RETAINED_TABLES = [
  "replay_items",
  "replays",
  "dead_letters",
  "webhook_events",
  "audit_log",
  "alerts",
  "operator_sessions",
  "rate_limits",
] as const;
/** See {@link RETAINED_TABLES}. */
export type RetainedTable = (typeof RETAINED_TABLES)[number];

/** What a step has done. */
export type DeletionStep = {
  rows: number;
  /** Where the next step goes on; undefined when nothing is left. */
  next: string | undefined;
};

/** Deletes what is over. */
export type Retention = {
  /**
   * Deletes rows of a table that were over before a time, at most 1,000 in one short transaction. A row that another
   * transaction holds is left for the next round. Undefined when another worker is at it.
   */
  deleteExpired(table: RetainedTable, before: Date, after?: string): Promise<DeletionStep | undefined>;
};

/** Rows of one step. */
const STEP = 1_000;

/** A step takes milliseconds; what is slower is in somebody's way. */
const LONGEST_STEP = "5s";

/** {@link Retention} on the tables themselves. */
export function createRetention({ orm }: Database): Retention {
  return {
    deleteExpired: (table, before, after) =>
      orm.transaction(async (tx) => {
        const [lock] = await tx.execute<{ mine: boolean }>(
          sql`select pg_try_advisory_xact_lock(hashtextextended('retention', 0)) as mine,
            set_config('statement_timeout', ${LONGEST_STEP}, true)`,
        );
        if (!lock?.mine) return undefined;
        const [step] = await tx.execute<{ rows: number; seen: number; last: string | null }>(
          STEPS[table](before, after),
        );
        if (!step) return undefined;
        return { rows: step.rows, next: step.seen < STEP ? undefined : (step.last ?? undefined) };
      }),
  };
}

const LEAST_ID = "00000000-0000-0000-0000-000000000000";

/**
 * Each goes by an index: the ids of rows are in the order of their time, so that the primary key finds the old ones.
 * Some rows stay, however old, and there may be many; a step goes on behind the last row that went, not to meet them
 * again.
 */
const STEPS: Record<RetainedTable, (before: Date, after?: string) => SQL> = {
  replay_items: (before) =>
    deletion(
      "replay_items",
      sql`replay_id, dead_letter_id`,
      // What is still under way there is looked for by it.
      sql`state not in ('waiting', 'replaying')
        and replay_id in (select id from millrace.replays where id < ${firstIdAt(before)}::uuid and ${ended(before)})`,
    ),
  replays: (before) =>
    deletion(
      "replays",
      sql`id`,
      sql`id < ${firstIdAt(before)}::uuid and ${ended(before)}
        and not exists (select from millrace.replay_items where replay_id = old.id)`,
    ),
  dead_letters: (before) =>
    deletion(
      "dead_letters",
      sql`id`,
      sql`state in ('resolved', 'discarded') and failed_at < ${time(before)}
        and coalesce(resolved_at, updated_at) < ${time(before)}
        and not exists (
          select from millrace.replay_items where dead_letter_id = old.id and replay_items.state in ('waiting', 'replaying'))`,
      sql``,
      // What an operator changed in it is as personal as the letter itself: who did it, and when, stays.
      sql`, emptied as (
        update millrace.audit_log set before = null, after = null
        where action = 'dead_letter.edited' and subject = any(array(select key from gone)))`,
    ),
  // As long as its dead letter is kept, its job may still be in the queue to be tried again, and must find it done.
  webhook_events: (before, after = LEAST_ID) =>
    deletion(
      "webhook_events",
      sql`id`,
      sql`id < ${firstIdAt(before)}::uuid and id > ${after}::uuid and not exists (
        select from millrace.dead_letters where dead_letters.integration = old.integration and dead_letters.event_id = old.event_id)`,
      sql`order by id`,
    ),
  audit_log: (before) => deletion("audit_log", sql`id`, sql`id < ${firstIdAt(before)}::uuid`, sql`order by id`),
  alerts: (before) =>
    deletion(
      "alerts",
      sql`id`,
      sql`opened_at < ${time(before)} and closed_at < ${time(before)}`,
      sql`order by opened_at`,
    ),
  operator_sessions: (before) => deletion("operator_sessions", sql`token_hash`, sql`expires_at < ${time(before)}`),
  // No index has the time: the table is gone through by its key, a page at a step.
  rate_limits: (before, after = "") => sql`
    with page as (select ctid, scope from millrace.rate_limits where scope > ${after} order by scope limit ${STEP}),
      held as (
        select ctid from millrace.rate_limits
        where ctid = any(array(select ctid from page)) and used_until < ${time(before)}
        for update skip locked),
      gone as (delete from millrace.rate_limits where ctid = any(array(select ctid from held)) returning 1)
    select (select count(*)::int from gone) as rows, count(*)::int as seen, max(scope) as last from page`,
};

/**
 * The rows are deleted where they lie (`ctid`), which no plan turns into a look at the whole table; `along` is done
 * with it, to what belongs to the keys in `gone`.
 */
function deletion(table: RetainedTable, key: SQL, over: SQL, order = sql``, along = sql``): SQL {
  return sql`
    with held as (
        select ctid, (${key})::text as key from millrace.${sql.identifier(table)} as old where ${over} ${order} limit ${STEP}
        for update of old skip locked),
      gone as (
        delete from millrace.${sql.identifier(table)} where ctid = any(array(select ctid from held)) returning (${key})::text as key)
      ${along}
    select (select count(*)::int from gone) as rows, count(*)::int as seen, max(key) as last from held`;
}

function ended(before: Date): SQL {
  return sql`state <> 'running' and ended_at < ${time(before)}`;
}

function time(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}
