import type { AlertThresholds, PauseStore } from "@millrace/core";
import type { DeadLetterRates, DeadLettersInMinute, RecentError } from "@millrace/db";
import type { QueueState } from "@millrace/queue";

/** How long a kind of dead letter counts as recent after the last of it, in ms. */
const RECENT_MS = 3_600_000;

/** How things stand at one moment: all that the rules look at. */
export type Snapshot = {
  /** Kinds of dead letters within the last hour. */
  kinds: readonly RecentError[];
  /** Dead letters per queue and minute, twice as far back as the rule about many counts. */
  deaths: readonly DeadLettersInMinute[];
  paused: readonly { scope: string; reason: string }[];
  /** Undefined while the queue's store does not answer. */
  queues: readonly QueueState[] | undefined;
};

/** Reads all but the queues from Postgres. */
export async function takeSnapshot(
  { holds, deathRates }: { holds: PauseStore; deathRates: DeadLetterRates },
  { deadLettersMinutes }: AlertThresholds,
  queues: readonly QueueState[] | undefined,
  now: Date,
): Promise<Snapshot> {
  const held = await holds.list();
  return {
    kinds: await deathRates.kindsSince(new Date(now.getTime() - RECENT_MS)),
    deaths: await deathRates.byMinute(now, 2 * deadLettersMinutes),
    paused: held.filter(({ kind }) => kind === "paused"),
    queues,
  };
}
