import { and, count, desc, eq, gte, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import { DEAD_LETTER_STATES, type DeadLetterSelection, type DeadLetterState } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { deadLetters, providerAccounts, tenants } from "../schema/index.ts";
import { UUID } from "../inbox/payload-ids.ts";

/** A dead letter with its payload, which contains personal data. */
export type DeadLetter = typeof deadLetters.$inferSelect;

/** Reads dead letters. */
export type DeadLetterList = {
  /** Lists dead letters, latest failure first. */
  list(
    selection: DeadLetterSelection,
    states: readonly DeadLetterState[],
    page: { offset: number; limit: number },
  ): Promise<DeadLetter[]>;
  /** Counts the selection by state. */
  counts(selection: DeadLetterSelection): Promise<Record<DeadLetterState, number>>;
  /** Counts the dead letters in the state `dead` by queue and error, most frequent first, at most 100 rows. */
  countsByError(
    selection: DeadLetterSelection,
  ): Promise<{ queue: string; errorKind: string; error: string; count: number }[]>;
  /** Finds a dead letter by its id, or the latest one of a job id or event id. */
  find(id: string): Promise<DeadLetter | undefined>;
  /** Finds the dead letter of a job. */
  ofJob(queue: string, jobId: string): Promise<DeadLetter | undefined>;
};

/** The most rows of {@link DeadLetterList.countsByError}. */
const MAX_ERRORS = 100;

/** {@link DeadLetterList} on the table dead_letters. */
export function createDeadLetterList({ orm }: Database): DeadLetterList {
  return {
    list: (selection, states, { offset, limit }) => {
      const isInStates = includesAll(states) ? undefined : inArray(deadLetters.state, [...states]);
      const latestFirst = [desc(deadLetters.failedAt), desc(deadLetters.id)];
      const condition = matchesSelection(selection);
      // Without a selection, an index returns the rows in order.
      if (!condition)
        return orm
          .select()
          .from(deadLetters)
          .where(isInStates)
          .orderBy(...latestFirst)
          .offset(offset)
          .limit(limit);
      // Materialized, because Postgres would otherwise read the rows in order and look for matches, which may be rare.
      const { id, failedAt } = deadLetters;
      const page = sql`
        with matching as materialized (select ${id}, ${failedAt} from ${deadLetters} where ${and(isInStates, condition)})
        select id from matching order by failed_at desc, id desc offset ${offset} limit ${limit}`;
      return orm
        .select()
        .from(deadLetters)
        .where(sql`${id} in (${page})`)
        .orderBy(...latestFirst);
    },
    async counts(selection) {
      const rows = await orm
        .select({ state: deadLetters.state, rows: count() })
        .from(deadLetters)
        .where(matchesSelection(selection))
        .groupBy(deadLetters.state);
      const none = { dead: 0, replaying: 0, resolved: 0, discarded: 0 };
      return Object.assign(none, Object.fromEntries(rows.map((row) => [row.state, row.rows])));
    },
    countsByError: (selection) =>
      orm
        .select({
          queue: deadLetters.queue,
          errorKind: deadLetters.errorKind,
          error: deadLetters.error,
          count: count(),
        })
        .from(deadLetters)
        .where(and(eq(deadLetters.state, "dead"), matchesSelection(selection)))
        .groupBy(deadLetters.queue, deadLetters.errorKind, deadLetters.error)
        .orderBy(desc(count()), deadLetters.queue, deadLetters.error)
        .limit(MAX_ERRORS),
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
