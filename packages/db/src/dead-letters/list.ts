import { and, count, desc, eq, inArray, or, type SQL, sql } from "drizzle-orm";
import { DEAD_LETTER_STATES, type DeadLetterSelection, type DeadLetterState } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { deadLetters } from "../schema/index.ts";
import { UUID } from "../inbox/payload-ids.ts";
import { matchesSelection } from "./selection.ts";

/** A dead letter with its payload, which contains personal data. */
export type DeadLetter = typeof deadLetters.$inferSelect;

/** How many dead letters are in each state. */
type DeadLetterCounts = Record<DeadLetterState, number>;

/**
 * How many dead letters of a selection are in the state `dead`, also by queue and error, most frequent first. If there are
 * more than {@link MAX_COUNTED}, `count` is this number, `isExact` is false, and `countsByError` counts the latest ones.
 */
export type DeadLetterPreview = {
  count: number;
  isExact: boolean;
  countsByError: { queue: string; errorKind: string; error: string; count: number }[];
};

/**
 * A page of a selection, and how many dead letters it has in each of the requested states. A count of {@link MAX_COUNTED}
 * can mean more; then `isExact` is false.
 */
type SelectedDeadLetters = {
  deadLetters: DeadLetter[];
  counts: Partial<DeadLetterCounts>;
  isExact: boolean;
};

type Page = { offset: number; limit: number };

/** Reads dead letters. */
export type DeadLetterList = {
  /** Lists all dead letters in these states, latest failure first. */
  list(states: readonly DeadLetterState[], page: Page): Promise<DeadLetter[]>;
  /** Counts all dead letters by state. */
  counts(): Promise<DeadLetterCounts>;
  /** Lists those of a selection in these states, latest failure first, and counts them. Counts all states without a condition. */
  select(selection: DeadLetterSelection, states: readonly DeadLetterState[], page: Page): Promise<SelectedDeadLetters>;
  /** Counts what a replay or a discard of a selection would change, with the 100 most frequent errors. */
  preview(selection: DeadLetterSelection): Promise<DeadLetterPreview>;
  /** Finds a dead letter by its id, or the latest one of a job id or event id. */
  find(id: string): Promise<DeadLetter | undefined>;
  /** Finds the dead letter of a job. */
  ofJob(queue: string, jobId: string): Promise<DeadLetter | undefined>;
};

/** Up to how many dead letters of a selection are counted: counting all of them takes longer with each. */
const MAX_COUNTED = 10_000;

/** The most errors of {@link DeadLetterList.preview}. */
const MAX_ERRORS = 100;

const NONE: DeadLetterCounts = { dead: 0, replaying: 0, resolved: 0, discarded: 0 };

/** {@link DeadLetterList} on the table dead_letters. */
export function createDeadLetterList({ orm }: Database): DeadLetterList {
  const list: DeadLetterList["list"] = (states, { offset, limit }) =>
    orm
      .select()
      .from(deadLetters)
      .where(includesAll(states) ? undefined : inArray(deadLetters.state, [...states]))
      .orderBy(desc(deadLetters.failedAt), desc(deadLetters.id))
      .offset(offset)
      .limit(limit);
  const counts = async () => {
    const rows = await orm
      .select({ state: deadLetters.state, rows: count() })
      .from(deadLetters)
      .groupBy(deadLetters.state);
    return { ...NONE, ...Object.fromEntries(rows.map((row) => [row.state, row.rows])) };
  };
  return {
    list,
    counts,
    async select(selection, states, page) {
      const condition = matchesSelection(selection);
      if (!condition) return { deadLetters: await list(states, page), counts: await counts(), isExact: true };
      const { ids, counted } = await selectIds(orm, condition, states, page);
      const rows = await orm
        .select()
        .from(deadLetters)
        .where(inArray(deadLetters.id, ids))
        .orderBy(desc(deadLetters.failedAt), desc(deadLetters.id));
      const limited = states.map((state) => [state, Math.min(counted[state] ?? 0, MAX_COUNTED)]);
      const isExact = states.every((state) => (counted[state] ?? 0) <= MAX_COUNTED);
      return { deadLetters: rows, counts: Object.fromEntries(limited), isExact };
    },
    async preview(selection) {
      const rows = await orm.execute<DeadLetterPreview["countsByError"][number] & { total: number }>(sql`
        with selected as materialized (
          select queue, error_kind, error from ${latestOf(sql`'dead'`, matchesSelection(selection), MAX_COUNTED + 1)})
        select queue, error_kind as "errorKind", error, count(*)::int as count, (sum(count(*)) over ())::int as total
        from selected group by queue, error_kind, error order by count(*) desc, queue, error limit ${MAX_ERRORS}`);
      const total = rows[0]?.total ?? 0;
      const countsByError = rows.map(({ total: _total, ...row }) => row);
      return { count: Math.min(total, MAX_COUNTED), isExact: total <= MAX_COUNTED, countsByError };
    },
    async find(id) {
      // Postgres rejects text with a null character.
      if (id.includes("\0")) return undefined;
      const isOwn = UUID.test(id);
      const [row] = await orm
        .select()
        .from(deadLetters)
        .where(isOwn ? eq(deadLetters.id, id) : or(eq(deadLetters.jobId, id), eq(deadLetters.eventId, id)))
        .orderBy(desc(deadLetters.failedAt))
        .limit(1);
      return row;
    },
    async ofJob(queue, jobId) {
      const [row] = await orm
        .select()
        .from(deadLetters)
        .where(and(eq(deadLetters.queue, queue), eq(deadLetters.jobId, jobId)));
      return row;
    },
  };
}

/** Returns the ids of a page, and the counts, up to one more than {@link MAX_COUNTED}. One pass over an index finds both. */
async function selectIds(
  orm: Executor,
  condition: SQL,
  states: readonly DeadLetterState[],
  { offset, limit }: Page,
): Promise<{ ids: string[]; counted: Partial<DeadLetterCounts> }> {
  const most = Math.max(offset + limit, MAX_COUNTED + 1);
  const [found] = await orm.execute<{ ids: string[]; counted: Partial<DeadLetterCounts> }>(sql`
    with selected as materialized (
      select latest.* from unnest(${sql.param([...states])}::text[]) as wanted (state),
        lateral (select id, state, failed_at from ${latestOf(sql`wanted.state`, condition, most)}) as latest)
    select
      (select coalesce(jsonb_agg(id), '[]') from (
        select id from selected order by failed_at desc, id desc offset ${offset} limit ${limit}) as page) as ids,
      (select coalesce(jsonb_object_agg(state, number), '{}') from (
        select state, count(*) as number from selected group by state) as numbers) as counted`);
  return found ?? { ids: [], counted: {} };
}

/** The latest dead letters in a state that meet a condition, as SQL. The index dead_letters_search returns them in this order. */
function latestOf(state: SQL, condition: SQL | undefined, limit: number): SQL {
  return sql`(
    select * from ${deadLetters} where ${and(sql`${deadLetters.state} = ${state}`, condition)}
    order by ${deadLetters.failedAt} desc, ${deadLetters.id} desc limit ${limit}) as dead_letter`;
}

/** Whether all states are selected: without a condition on the state, an index returns the rows in order. */
function includesAll(states: readonly DeadLetterState[]): boolean {
  return DEAD_LETTER_STATES.every((state) => states.includes(state));
}
