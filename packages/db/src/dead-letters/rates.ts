import { count, eq, sql } from "drizzle-orm";
import type { Database } from "../connection/database.ts";
import { deadLetters } from "../schema/index.ts";

/** Dead letters of one queue with one error, whatever numbers and ids are in it. */
export type RecentError = {
  queue: string;
  /** The error with a # for each word that has a digit. */
  kind: string;
  letters: number;
  /** Whether there were some of it in the week before those that count as recent. */
  known: boolean;
};

/** How many dead letters a queue got in one minute. */
export type DeadLettersInMinute = { queue: string; minutesAgo: number; letters: number };

/** Counts dead letters over time. Those that are resolved by now do not count. */
export type DeadLetterRates = {
  /** The kinds that there were since then. */
  kindsSince(since: Date): Promise<RecentError[]>;
  /** The last so many minutes, without those in which nothing died. */
  byMinute(now: Date, minutes: number): Promise<DeadLettersInMinute[]>;
  /** How many wait for a person. */
  waiting(): Promise<number>;
};

/** What makes a kind known, before the recent ones. */
const KNOWN = sql.raw("interval '7 days'");

/** A word with a digit in it is a number or an id; the rest is the kind. Cut, lest an index take no more. */
const kindOf = (error: unknown) => sql`left(regexp_replace(${error}, '[\\w-]*\\d[\\w-]*', '#', 'g'), 200)`;

/** {@link DeadLetterRates} on the table dead_letters. */
export function createDeadLetterRates({ orm }: Database): DeadLetterRates {
  return {
    async kindsSince(since) {
      const from = sql`${since.toISOString()}::timestamptz`;
      // All states are named for the sake of the index, which begins with the state. What died again after a replay
      // has its earlier ends in its history, each of a kind of its own.
      return orm.execute<RecentError>(sql`
        with recent as (
          select queue, ${kindOf(sql`error`)} as kind, count(*)::int as letters from millrace.dead_letters
          where state in ('dead', 'replaying', 'discarded') and failed_at >= ${from} group by 1, 2)
        select queue, kind, letters, exists(
          select from millrace.dead_letters as earlier cross join lateral (
            select earlier.failed_at as at, earlier.error union all
            select (past->>'at')::timestamptz, past->>'error' from jsonb_array_elements(earlier.history) as past) as death
          where earlier.queue = recent.queue and earlier.state in ('dead', 'replaying', 'discarded', 'resolved')
            and earlier.failed_at >= ${from} - ${KNOWN} and death.at >= ${from} - ${KNOWN} and death.at < ${from}
            and ${kindOf(sql`death.error`)} = recent.kind) as known
        from recent order by queue, kind`);
    },
    async byMinute(now, minutes) {
      const at = sql`${now.toISOString()}::timestamptz`;
      return orm.execute<DeadLettersInMinute>(sql`
        select queue, greatest(0, floor(extract(epoch from ${at} - failed_at) / 60))::int as "minutesAgo",
          count(*)::int as letters
        from millrace.dead_letters
        where state in ('dead', 'replaying', 'discarded') and failed_at > ${at} - ${minutes}::int * interval '1 minute'
        group by 1, 2`);
    },
    async waiting() {
      const [row] = await orm.select({ letters: count() }).from(deadLetters).where(eq(deadLetters.state, "dead"));
      return row?.letters ?? 0;
    },
  };
}
