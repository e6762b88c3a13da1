import { and, eq, sql } from "drizzle-orm";
import type { Channel } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { isLatest } from "./is-latest.ts";
import { threadStates } from "../schema/index.ts";

type ThreadKey = { channel: Channel; accountId: string; threadId: string };

/** The state of a thread apart from its conversation. */
export type ThreadState = { reachable: boolean; reachableChangedAt: Date | null; movedTo: string | null };

/** Returns the state of a thread, with or without a conversation; undefined when the platform reported none. */
export async function findThreadState(
  tx: Executor,
  { channel, accountId, threadId }: ThreadKey,
): Promise<ThreadState | undefined> {
  const [state] = await tx
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
    .prepare("find_thread_state")
    .execute();
  return state;
}

/**
 * Records whether a thread's recipient can be reached; the latest report wins. Of two reports in one second `reachable`
 * wins: a failed send corrects it if it is wrong, whereas an unreachable thread is never tried.
 */
export async function setThreadReachable(tx: Executor, thread: ThreadKey, reachable: boolean, at: Date): Promise<void> {
  await tx
    .insert(threadStates)
    .values({ ...thread, reachable, reachableChangedAt: at })
    .onConflictDoUpdate({
      target: [threadStates.channel, threadStates.accountId, threadStates.threadId],
      set: { reachable, reachableChangedAt: at, updatedAt: sql`now()` },
      setWhere: isLatest(threadStates.reachableChangedAt, at, reachable),
    });
}

/** Records the new id of a thread that moved, such as a Telegram group that became a supergroup. */
export async function setThreadMovedTo(tx: Executor, thread: ThreadKey, movedTo: string): Promise<void> {
  await tx
    .insert(threadStates)
    .values({ ...thread, movedTo })
    .onConflictDoUpdate({
      target: [threadStates.channel, threadStates.accountId, threadStates.threadId],
      set: { movedTo, updatedAt: sql`now()` },
    });
}
