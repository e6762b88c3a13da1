import type { AlertThresholds } from "@millrace/core";
import type { DeadLetterRates, DeadLettersInMinute, ListedPause, PauseOperations, RecentError } from "@millrace/db";
import type { QueueState } from "@millrace/queue";
import type { KnownOutages } from "./database-outages.ts";
import type { UnfinishedAccount, UnfinishedReader } from "./unfinished-messages.ts";

/** How long an error counts as recent after its last dead letter, in ms. */
const RECENT_MS = 3_600_000;

/** Everything that the alert rules look at, at one moment. */
export type Snapshot = {
  /** Errors of the dead letters of the last hour. */
  errors: readonly RecentError[];
  /** Dead letters per queue and minute, over twice the minutes that the rule `many_dead_letters` counts. */
  deadLetters: readonly DeadLettersInMinute[];
  pauses: readonly ListedPause[];
  /** Accounts with a message that is unsent for longer than the threshold. */
  unfinished: readonly UnfinishedAccount[];
  /** Undefined while the queue's store does not answer. */
  queues: readonly QueueState[] | undefined;
  /** What this worker knows of jobs that wait for Postgres. */
  outages: KnownOutages;
};

/** What {@link takeSnapshot} reads. */
export type SnapshotStores = { pauses: PauseOperations; rates: DeadLetterRates; readUnfinished: UnfinishedReader };

/** Reads the snapshot from Postgres; the caller passes the state of the queues. */
export async function takeSnapshot(
  { pauses, rates, readUnfinished }: SnapshotStores,
  { deadLettersMinutes, unfinishedMinutes }: AlertThresholds,
  queues: readonly QueueState[] | undefined,
  now: Date,
): Promise<Omit<Snapshot, "outages">> {
  const all = await pauses.list();
  return {
    errors: await rates.errorsSince(new Date(now.getTime() - RECENT_MS)),
    deadLetters: await rates.byMinute(now, 2 * deadLettersMinutes),
    pauses: all,
    unfinished: await readUnfinished(unfinishedMinutes, all, now),
    queues,
  };
}
