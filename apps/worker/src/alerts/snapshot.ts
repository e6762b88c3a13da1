import type { AlertThresholds, PauseStore } from "@millrace/core";
import type { DeadLetterRates, DeadLettersInMinute, RecentError } from "@millrace/db";
import type { QueueState } from "@millrace/queue";
import type { UnfinishedAccount, UnfinishedReader } from "./unfinished-messages.ts";

/** How long an error counts as recent after its last dead letter, in ms. */
const RECENT_MS = 3_600_000;

/** Everything that the alert rules look at, at one moment. */
export type Snapshot = {
  /** Errors of the dead letters of the last hour. */
  errors: readonly RecentError[];
  /** Dead letters per queue and minute, over twice the minutes that the rule `many_dead_letters` counts. */
  deadLetters: readonly DeadLettersInMinute[];
  paused: readonly { scope: string; reason: string }[];
  /** Accounts with a message that is unsent for longer than the threshold. */
  unfinished: readonly UnfinishedAccount[];
  /** Undefined while the queue's store does not answer. */
  queues: readonly QueueState[] | undefined;
};

/** What {@link takeSnapshot} reads. */
export type SnapshotStores = { pauses: PauseStore; rates: DeadLetterRates; readUnfinished: UnfinishedReader };

/** Reads the snapshot from Postgres; the caller passes the state of the queues. */
export async function takeSnapshot(
  { pauses, rates, readUnfinished }: SnapshotStores,
  { deadLettersMinutes, unfinishedMinutes }: AlertThresholds,
  queues: readonly QueueState[] | undefined,
  now: Date,
): Promise<Snapshot> {
  const all = await pauses.list();
  return {
    errors: await rates.errorsSince(new Date(now.getTime() - RECENT_MS)),
    deadLetters: await rates.byMinute(now, 2 * deadLettersMinutes),
    paused: all.filter(({ kind }) => kind === "paused"),
    unfinished: await readUnfinished(unfinishedMinutes, all, now),
    queues,
  };
}
