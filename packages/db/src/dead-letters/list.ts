import { and, count, desc, eq, gte, ilike, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import { DEAD_LETTER_STATES, type DeadLetterSelection, type DeadLetterState } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { deadLetters, providerAccounts, tenants } from "../schema/index.ts";
import { UUID } from "../inbox/payload-ids.ts";

/** A dead letter, whole: its payload is somebody's data. */
export type DeadLetter = typeof deadLetters.$inferSelect;

/** Reads dead letters. */
export type DeadLetterList = {
  /** Latest death first. */
  list(
    selection: DeadLetterSelection,
    states: readonly DeadLetterState[],
    page: { offset: number; limit: number },
  ): Promise<DeadLetter[]>;
  /** How many the selection has in each state. */
  counts(selection: DeadLetterSelection): Promise<Record<DeadLetterState, number>>;
  /** How many of them are dead, per queue and error. */
  countsByError(
    selection: DeadLetterSelection,
  ): Promise<{ queue: string; errorKind: string; error: string; letters: number }[]>;
  /** One, by its own id, or the latest of a job or an event by that one's. */
  find(id: string): Promise<DeadLetter | undefined>;
  /** The one of a job. */
  ofJob(queue: string, jobId: string): Promise<DeadLetter | undefined>;
};

/** Most lines of {@link DeadLetterList.countsByError}. */
const MOST_KINDS = 100;

/** {@link DeadLetterList} on the table dead_letters. */
export function createDeadLetterList({ orm }: Database): DeadLetterList {
  return {
    list: (selection, states, { offset, limit }) =>
      orm
        .select()
        .from(deadLetters)
        .where(and(isAny(states) ? undefined : inArray(deadLetters.state, [...states]), matchesSelection(selection)))
        .orderBy(desc(deadLetters.failedAt), desc(deadLetters.id))
        .offset(offset)
        .limit(limit),
    async counts(selection) {
      const rows = await orm
        .select({ state: deadLetters.state, letters: count() })
        .from(deadLetters)
        .where(matchesSelection(selection))
        .groupBy(deadLetters.state);
      const none = { dead: 0, replaying: 0, resolved: 0, discarded: 0 };
      return Object.assign(none, Object.fromEntries(rows.map(({ state, letters }) => [state, letters])));
    },
    countsByError: (selection) =>
      orm
        .select({
          queue: deadLetters.queue,
          errorKind: deadLetters.errorKind,
          error: deadLetters.error,
          letters: count(),
        })
        .from(deadLetters)
        .where(and(eq(deadLetters.state, "dead"), matchesSelection(selection)))
        .groupBy(deadLetters.queue, deadLetters.errorKind, deadLetters.error)
        .orderBy(desc(count()), deadLetters.queue, deadLetters.error)
        .limit(MOST_KINDS),
    async find(id) {
      // Postgres knows no text with it.
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

/** Whether every state is meant: then an index gives them in their order. */
function isAny(states: readonly DeadLetterState[]): boolean {
  return DEAD_LETTER_STATES.every((state) => states.includes(state));
}

/** The rows that a selection means. */
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
    text === undefined ? undefined : ilike(deadLetters.error, `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`),
    tenant === undefined ? undefined : belongsTo(tenant),
    since === undefined ? undefined : gte(deadLetters.failedAt, new Date(since)),
    until === undefined ? undefined : lt(deadLetters.failedAt, new Date(until)),
  );
}

/** Whose it was when it died, or whose its account is by now: most of those without a tenant died for the want of one. */
function belongsTo(tenant: string): SQL | undefined {
  return or(
    sql`${deadLetters.tenantId} = (select ${tenants.id} from ${tenants} where ${tenants.name} = ${tenant})`,
    sql`(${deadLetters.tenantId} is null and exists (
      select from ${providerAccounts} join ${tenants} on ${tenants.id} = ${providerAccounts.tenantId}
      where ${providerAccounts.provider} = ${deadLetters.integration} and ${providerAccounts.externalId} = ${deadLetters.account}
        and ${tenants.name} = ${tenant}))`,
  );
}
