import { and, desc, eq, isNotNull } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { replayItems } from "../schema/index.ts";
import type { ReplayProgress } from "./replay-items.ts";

/**
 * The sizes of a replay's first batches: one dead letter, then ten, then the rest. If the cause of the failures remains,
 * the replay costs a few attempts and not 50,000.
 */
const CANARIES = [1, 10] as const;

/** The share of recent results that may be dead again before a replay stops. */
const MAX_DEAD_SHARE = 0.2;

/** How many of the latest results {@link failureOf} evaluates. */
const RESULT_WINDOW = 100;

/** How much unused time a replay may catch up on, in ms: a worker must not requeue a minute's worth after a restart. */
const MAX_CATCH_UP_MS = 1_000;

/** How many dead letters a replay's rate permits now, counted from `since`. */
export type DueCount = { rate: number; count: number; since: number };

/** Computes how many dead letters the rate permits since the last release. */
export function dueCount(replay: { rate: number; releasedAt: Date | null }, at: Date): DueCount {
  const earliest = at.getTime() - MAX_CATCH_UP_MS;
  const since = Math.max(replay.releasedAt?.getTime() ?? earliest, earliest);
  return { rate: replay.rate, count: Math.floor(((at.getTime() - since) * replay.rate) / 1_000), since };
}

/** Computes how many dead letters may be requeued now, by the rate, the canaries and the number in progress. */
export function releasableCount(
  { replaying, resolved, dead }: ReplayProgress,
  due: Pick<DueCount, "rate" | "count">,
): number {
  const ended = resolved + dead;
  const begun = ended + replaying;
  let canaries = 0;
  for (const size of CANARIES) {
    canaries += size;
    if (begun < canaries) return Math.min(due.count, canaries - begun);
    if (ended < canaries) return 0;
  }
  // At most one second's worth is in progress, so that slow workers do not accumulate replayed jobs.
  return Math.max(0, Math.min(due.count, Math.max(due.rate, 10) - replaying));
}

/** Returns why a replay must stop: too many of its latest results are dead again. Undefined when it may continue. */
export async function failureOf(tx: Executor, replayId: string): Promise<string | undefined> {
  const latest = await tx
    .select({ state: replayItems.state })
    .from(replayItems)
    .where(and(eq(replayItems.replayId, replayId), isNotNull(replayItems.completedAt)))
    .orderBy(desc(replayItems.completedAt))
    .limit(RESULT_WINDOW);
  const results = latest.filter(({ state }) => state !== "skipped");
  const dead = results.filter(({ state }) => state === "dead").length;
  return dead > results.length * MAX_DEAD_SHARE ? `${dead} of the last ${results.length} died again` : undefined;
}
