import { type SQL, sql } from "drizzle-orm";
import { firstIdAt } from "@millrace/core";
import type { Database } from "../connection/database.ts";

/** The tables with expiring rows, in the order of their deletion: referencing rows come first. */
export const RETAINED_TABLES = [
  "replay_items",
  "replays",
  "dead_letters",
  "webhook_events",
  "domain_events",
  "audit_log",
  "alerts",
  "operator_sessions",
  "rate_limits",
] as const;
/** See {@link RETAINED_TABLES}. */
export type RetainedTable = (typeof RETAINED_TABLES)[number];

/** The result of one deletion step. */
export type DeletionStep = {
  rows: number;
  /** The key after which the next step continues; undefined when no expired rows remain. */
  next: string | undefined;
};

/** Deletes expired rows. */
export type Retention = {
  /**
   * Deletes at most 1,000 rows that expired before a time, in one short transaction. Skips rows that another transaction
   * has locked; the next run deletes them. Returns undefined when another worker is running retention.
   */
  deleteExpired(table: RetainedTable, before: Date, after?: string): Promise<DeletionStep | undefined>;
};

/** The most rows of one step. */
const STEP_SIZE = 1_000;

/** The statement timeout of a step. A step takes milliseconds; a slow one would block other transactions. */
const STEP_TIMEOUT = "5s";

/** {@link Retention} on the tables themselves. */
export function createRetention({ orm }: Database): Retention {
  return {
    deleteExpired: (table, before, after) =>
      orm.transaction(async (tx) => {
        const [lock] = await tx.execute<{ mine: boolean }>(
          sql`select pg_try_advisory_xact_lock(hashtextextended('retention', 0)) as mine,
            set_config('statement_timeout', ${STEP_TIMEOUT}, true)`,
        );
        if (!lock?.mine) return undefined;
        const [step] = await tx.execute<{ rows: number; seen: number; last: string | null }>(
          STEPS[table](before, after),
        );
        if (!step) return undefined;
        return { rows: step.rows, next: step.seen < STEP_SIZE ? undefined : (step.last ?? undefined) };
      }),
  };
}

const LEAST_ID = "00000000-0000-0000-0000-000000000000";

/**
 * The statement of one step per table. Each uses an index: ids are UUIDv7, so the primary key finds old rows. Old rows
 * that must stay can be many, so a step continues after the last deleted row and does not read them again.
 */
const STEPS: Record<RetainedTable, (before: Date, after?: string) => SQL> = {
  replay_items: (before) =>
    deletion(
      "replay_items",
      sql`replay_id, dead_letter_id`,
      // The replay scheduler still reads items in these states.
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
      // An edit's old and new payload expire with the dead letter. Who edited it, and when, stays.
      sql`, emptied as (
        update millrace.audit_log set before = null, after = null
        where action = 'dead_letter.edited' and subject = any(array(select key from deleted)))`,
    ),
  // An event stays as long as its dead letter: a replay must find the event's result.
  webhook_events: (before, after = LEAST_ID) =>
    deletion(
      "webhook_events",
      sql`id`,
      sql`id < ${firstIdAt(before)}::uuid and id > ${after}::uuid and not exists (
        select from millrace.dead_letters where dead_letters.integration = old.integration and dead_letters.event_id = old.event_id)`,
      sql`order by id`,
    ),
  domain_events: (before) => deletion("domain_events", sql`id`, sql`id < ${firstIdAt(before)}::uuid`, sql`order by id`),
  audit_log: (before) => deletion("audit_log", sql`id`, sql`id < ${firstIdAt(before)}::uuid`, sql`order by id`),
  alerts: (before) =>
    deletion(
      "alerts",
      sql`id`,
      sql`opened_at < ${time(before)} and closed_at < ${time(before)}`,
      sql`order by opened_at`,
    ),
  operator_sessions: (before) => deletion("operator_sessions", sql`token_hash`, sql`expires_at < ${time(before)}`),
  // No index contains the time: a step reads one page of the table by its key.
  rate_limits: (before, after = "") => sql`
    with page as (select ctid, scope from millrace.rate_limits where scope > ${after} order by scope limit ${STEP_SIZE}),
      locked as (
        select ctid from millrace.rate_limits
        where ctid = any(array(select ctid from page)) and used_until < ${time(before)}
        for update skip locked),
      deleted as (delete from millrace.rate_limits where ctid = any(array(select ctid from locked)) returning 1)
    select (select count(*)::int from deleted) as rows, count(*)::int as seen, max(scope) as last from page`,
};

/**
 * Deletes by `ctid`, for which no plan scans the whole table. `extra` is a further statement that can refer to the keys
 * of the deleted rows by `select key from deleted`.
 */
function deletion(table: RetainedTable, key: SQL, expired: SQL, order = sql``, extra = sql``): SQL {
  return sql`
    with locked as (
        select ctid, (${key})::text as key from millrace.${sql.identifier(table)} as old where ${expired} ${order} limit ${STEP_SIZE}
        for update of old skip locked),
      deleted as (
        delete from millrace.${sql.identifier(table)} where ctid = any(array(select ctid from locked)) returning (${key})::text as key)
      ${extra}
    select (select count(*)::int from deleted) as rows, count(*)::int as seen, max(key) as last from locked`;
}

function ended(before: Date): SQL {
  return sql`state <> 'running' and ended_at < ${time(before)}`;
}

function time(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}
