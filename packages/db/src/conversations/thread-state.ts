import { and, eq, sql } from "drizzle-orm";
import type { Channel } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { isLatest } from "./latest.ts";
import { threadStates } from "../schema/index.ts";

type Place = { channel: Channel; accountId: string; threadId: string };

/** What is known of a thread besides its conversation. */
export type ThreadState = { reachable: boolean; reachableChangedAt: Date | null; movedTo: string | null };

/** What the platform told of a thread, whether it has a conversation or not; undefined when it told nothing. */
export async function threadStateOf(
  tx: Executor,
  { channel, accountId, threadId }: Place,
): Promise<ThreadState | undefined> {
  const [facts] = await tx
    .select({
      reachable: threadStates.reachable,
      reachableChangedAt: threadStates.reachableChangedAt,
      movedTo: threadStates.movedTo,
    })
    .from(threadStates)
    .where(
      and(
        eq(threadStates.channel, channel),
        eq(threadStates.accountId, accountId),
        eq(threadStates.threadId, threadId),
      ),
    )
    .prepare("facts_of_thread")
    .execute();
  return facts;
}

/**
 * Keeps whether the other side of a thread can be reached; the latest word wins. Of two in one second `reachable` does,
 * because a send corrects it where it is wrong, while the opposite would never be tried.
 */
export async function setThreadReachable(tx: Executor, place: Place, reachable: boolean, at: Date): Promise<void> {
  await tx
    .insert(threadStates)
    .values({ ...place, reachable, reachableChangedAt: at })
    .onConflictDoUpdate({
      target: [threadStates.channel, threadStates.accountId, threadStates.threadId],
      set: { reachable, reachableChangedAt: at, updatedAt: sql`now()` },
      setWhere: isLatest(threadStates.reachableChangedAt, at, reachable),
    });
}

/** Keeps the id under which a thread goes on. */
export async function setThreadMovedTo(tx: Executor, place: Place, movedTo: string): Promise<void> {
  await tx
    .insert(threadStates)
    .values({ ...place, movedTo })
    .onConflictDoUpdate({
      target: [threadStates.channel, threadStates.accountId, threadStates.threadId],
      set: { movedTo, updatedAt: sql`now()` },
    });
}
