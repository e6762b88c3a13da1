import { and, count, desc, eq, gte, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import { DEAD_LETTER_STATES, type DeadLetterSelection, type DeadLetterState } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { deadLetters, providerAccounts, tenants } from "../schema/index.ts";
import { UUID } from "../inbox/payload-ids.ts";

/** A dead letter with its payload, which contains personal data. */
export type DeadLetter = typeof deadLetters.$inferSelect;

/** How many dead letters are in each state. */
type DeadLetterCounts = Record<DeadLetterState, number>;

/** How many dead letters of a selection are in the state `dead`, also by queue and error, most frequent first. */
export type DeadLetterPreview = {
  count: number;
  countsByError: { queue: string; errorKind: string; error: string; count: number }[];
};

type Page = { offset: number; limit: number };

/** Reads dead letters. */
export type DeadLetterList = {
  /** Lists all dead letters in these states, latest failure first. */
  list(states: readonly DeadLetterState[], page: Page): Promise<DeadLetter[]>;
  /** Counts all dead letters by state. */
  counts(): Promise<DeadLetterCounts>;
  /** Lists those of a selection in these states, latest failure first, and counts the selection by state. */
  select(
    selection: DeadLetterSelection,
    states: readonly DeadLetterState[],
    page: Page,
  ): Promise<{ deadLetters: DeadLetter[]; counts: DeadLetterCounts }>;
  /** Counts what a replay or a discard of a selection would change, with the 100 most frequent errors. */
  preview(selection: DeadLetterSelection): Promise<DeadLetterPreview>;
  /** Finds a dead letter by its id, or the latest one of a job id or event id. */
  find(id: string): Promise<DeadLetter | undefined>;
  /** Finds the dead letter of a job. */
  ofJob(queue: string, jobId: string): Promise<DeadLetter | undefined>;
};

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
      if (!condition) return { deadLetters: await list(states, page), counts: await counts() };
      const found = await selectIds(orm, condition, states, page);
      const rows = await orm
        .select()
        .from(deadLetters)
        .where(inArray(deadLetters.id, found.ids))
        .orderBy(desc(deadLetters.failedAt), desc(deadLetters.id));
      return { deadLetters: rows, counts: { ...NONE, ...found.counts } };
    },
    async preview(selection) {
      const rows = await orm
        .select({
          queue: deadLetters.queue,
          errorKind: deadLetters.errorKind,
          error: deadLetters.error,
          count: count(),
          total: sql<number>`(sum(count(*)) over ())::int`,
        })
        .from(deadLetters)
        .where(and(eq(deadLetters.state, "dead"), matchesSelection(selection)))
        .groupBy(deadLetters.queue, deadLetters.errorKind, deadLetters.error)
        .orderBy(desc(count()), deadLetters.queue, deadLetters.error)
        .limit(MAX_ERRORS);
      const countsByError = rows.map(({ total: _total, ...row }) => row);
      return { count: rows[0]?.total ?? 0, countsByError };
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

/** Returns the ids of a page, and the counts. One pass over the index of the selections finds both. */
async function selectIds(
  orm: Executor,
  condition: SQL,
  states: readonly DeadLetterState[],
  { offset, limit }: Page,
): Promise<{ ids: string[]; counts: Partial<DeadLetterCounts> }> {
  // Materialized, because Postgres would otherwise read the rows in order and look for matches, which may be rare.
  const [found] = await orm.execute<{ ids: string[]; counts: Partial<DeadLetterCounts> }>(sql`
    with matching as materialized (select id, state, failed_at from ${deadLetters} where ${condition})
    select
      (select coalesce(jsonb_agg(id), '[]') from (
        select id from matching where state = any(${sql.param([...states])}::text[])
        order by failed_at desc, id desc offset ${offset} limit ${limit}) as page) as ids,
      (select coalesce(jsonb_object_agg(state, number), '{}') from (
        select state, count(*) as number from matching group by state) as counted) as counts`);
  return found ?? { ids: [], counts: {} };
}

/** Whether all states are selected: without a condition on the state, an index returns the rows in order. */
function includesAll(states: readonly DeadLetterState[]): boolean {
  return DEAD_LETTER_STATES.every((state) => states.includes(state));
}

/** The condition of a selection, as SQL. */
export function matchesSelection({
  ids,
  queue,
  integration,
  errorKind,
  text,
  tenant,
  since,
  until,
}: DeadLetterSelection): SQL | undefined {
  return and(
    ids && inArray(deadLetters.id, ids),
    queue === undefined ? undefined : eq(deadLetters.queue, queue),
    integration === undefined ? undefined : eq(deadLetters.integration, integration),
    errorKind === undefined ? undefined : eq(deadLetters.errorKind, errorKind),
    // `ilike` takes half as long again.
    text === undefined ? undefined : sql`strpos(lower(${deadLetters.error}), lower(${text})) > 0`,
    tenant === undefined ? undefined : belongsTo(tenant),
    since === undefined ? undefined : gte(deadLetters.failedAt, new Date(since)),
    until === undefined ? undefined : lt(deadLetters.failedAt, new Date(until)),
  );
}

/** Whether the dead letter, or its account by now, belongs to a tenant: many fail because their account has none yet. */
function belongsTo(tenant: string): SQL | undefined {
  return or(
    sql`${deadLetters.tenantId} = (select ${tenants.id} from ${tenants} where ${tenants.name} = ${tenant})`,
    sql`(${deadLetters.tenantId} is null and exists (
      select from ${providerAccounts} join ${tenants} on ${tenants.id} = ${providerAccounts.tenantId}
      where ${providerAccounts.provider} = ${deadLetters.integration} and ${providerAccounts.externalId} = ${deadLetters.account}
        and ${tenants.name} = ${tenant}))`,
  );
}
