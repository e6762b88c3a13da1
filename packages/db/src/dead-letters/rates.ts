import { count, eq, sql } from "drizzle-orm";
import type { Database } from "../connection/database.ts";
import { deadLetters } from "../schema/index.ts";

/** Dead letters of one queue with one error, ignoring numbers and ids in its text. */
export type RecentError = {
  queue: string;
  /** The error text with a # for each word that contains a digit. */
  kind: string;
  letters: number;
  /** Whether the queue had this error in the week before the recent period. */
  known: boolean;
};

/** How many dead letters a queue received in one minute. */
export type DeadLettersInMinute = { queue: string; minutesAgo: number; letters: number };

/** Counts dead letters over time, without those that are resolved. */
export type DeadLetterRates = {
  /** The errors since a time. */
  kindsSince(since: Date): Promise<RecentError[]>;
  /** The counts of the last minutes; minutes without dead letters are left out. */
  byMinute(now: Date, minutes: number): Promise<DeadLettersInMinute[]>;
  /** How many dead letters wait for an operator. */
  waiting(): Promise<number>;
};

/** How far back an error counts as known. */
const KNOWN_PERIOD = sql.raw("interval '7 days'");

/** Replaces words with a digit, which are numbers or ids. Cut to 200 characters, so that an index can hold it. */
const kindOf = (error: unknown) => sql`left(regexp_replace(${error}, '[\\w-]*\\d[\\w-]*', '#', 'g'), 200)`;

/** {@link DeadLetterRates} on the table dead_letters. */
export function createDeadLetterRates({ orm }: Database): DeadLetterRates {
  return {
    async kindsSince(since) {
      const from = sql`${since.toISOString()}::timestamptz`;
      // All states are listed because the index begins with the state. A dead letter that failed again after a replay
      // has its earlier failures in its history.
      return orm.execute<RecentError>(sql`
        with recent as (
          select queue, ${kindOf(sql`error`)} as kind, count(*)::int as letters from millrace.dead_letters
          where state in ('dead', 'replaying', 'discarded') and failed_at >= ${from} group by 1, 2)
        select queue, kind, letters, exists(
          select from millrace.dead_letters as earlier cross join lateral (
            select earlier.failed_at as at, earlier.error union all
            select (past->>'at')::timestamptz, past->>'error' from jsonb_array_elements(earlier.history) as past) as failure
          where earlier.queue = recent.queue and earlier.state in ('dead', 'replaying', 'discarded', 'resolved')
            and earlier.failed_at >= ${from} - ${KNOWN_PERIOD} and failure.at >= ${from} - ${KNOWN_PERIOD} and failure.at < ${from}
            and ${kindOf(sql`failure.error`)} = recent.kind) as known
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
