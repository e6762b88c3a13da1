import { and, count, eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { replayItems, replays } from "../schema/index.ts";

/** How many dead letters of a replay are in each state; see the table replay_items. */
export type ReplayProgress = { waiting: number; replaying: number; resolved: number; dead: number; left: number };

/** Counts the dead letters of a replay by state. */
export async function progressOf(tx: Executor, replayId: string): Promise<ReplayProgress> {
  const rows = await tx
    .select({ state: replayItems.state, items: count() })
    .from(replayItems)
    .where(eq(replayItems.replayId, replayId))
    .groupBy(replayItems.state);
  const of = (state: string) => rows.find((row) => row.state === state)?.items ?? 0;
  return {
    waiting: of("waiting"),
    replaying: of("replaying"),
    resolved: of("resolved"),
    dead: of("dead"),
    left: of("skipped"),
  };
}

/** Ends a running replay; its waiting dead letters are skipped and stay dead. Returns false when it is not running. */
export async function endReplay(
  tx: Executor,
  replayId: string,
  end: { state: "done" | "stopped" | "cancelled"; detail: string | null },
  at: Date,
): Promise<boolean> {
  const ended = await tx
    .update(replays)
    .set({ ...end, endedAt: at })
    .where(and(eq(replays.id, replayId), eq(replays.state, "running")))
    .returning({ id: replays.id });
  if (ended.length === 0) return false;
  await tx
    .update(replayItems)
    .set({ state: "skipped", completedAt: at })
    .where(and(eq(replayItems.replayId, replayId), eq(replayItems.state, "waiting")));
  return true;
}

/** Records the result of dead letters in the replays that are replaying them. */
export async function completeItems(
  tx: Executor,
  deadLetterIds: readonly string[],
  state: "resolved" | "dead" | "skipped",
): Promise<void> {
  if (deadLetterIds.length === 0) return;
  await tx
    .update(replayItems)
    .set({ state, completedAt: sql`now()` })
    .where(and(inArray(replayItems.deadLetterId, [...deadLetterIds]), eq(replayItems.state, "replaying")));
}

/** Skips a dead letter in its replay, which continues without it. */
export async function skipItems(tx: Executor, deadLetterId: string): Promise<void> {
  await tx
    .update(replayItems)
    .set({ state: "skipped", completedAt: sql`now()` })
    .where(and(eq(replayItems.deadLetterId, deadLetterId), inArray(replayItems.state, ["waiting", "replaying"])));
}
