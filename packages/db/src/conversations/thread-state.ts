import { and, eq, sql } from "drizzle-orm";
import type { Channel } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { isLatest } from "./latest.ts";
import { threadFacts } from "../schema/index.ts";

type Place = { channel: Channel; accountId: string; threadId: string };

/** What is known of a thread besides its conversation. */
export type ThreadFacts = { reachable: boolean; reachableChangedAt: Date | null; movedTo: string | null };

/** What the platform told of a thread, whether it has a conversation or not; undefined when it told nothing. */
export async function factsOf(tx: Executor, { channel, accountId, threadId }: Place): Promise<ThreadFacts | undefined> {
  const [facts] = await tx
    .select({
      reachable: threadFacts.reachable,
      reachableChangedAt: threadFacts.reachableChangedAt,
      movedTo: threadFacts.movedTo,
    })
    .from(threadFacts)
    .where(
      and(eq(threadFacts.channel, channel), eq(threadFacts.accountId, accountId), eq(threadFacts.threadId, threadId)),
    )
    .prepare("facts_of_thread")
    .execute();
  return facts;
}

/**
 * Keeps whether the other side of a thread can be reached; the latest word wins. Of two in one second `reachable` does,
 * because a send corrects it where it is wrong, while the opposite would never be tried.
 */
export async function tellReachable(tx: Executor, place: Place, reachable: boolean, at: Date): Promise<void> {
  await tx
    .insert(threadFacts)
    .values({ ...place, reachable, reachableChangedAt: at })
    .onConflictDoUpdate({
      target: [threadFacts.channel, threadFacts.accountId, threadFacts.threadId],
      set: { reachable, reachableChangedAt: at, updatedAt: sql`now()` },
      setWhere: isLatest(threadFacts.reachableChangedAt, at, reachable),
    });
}

/** Keeps the id under which a thread goes on. */
export async function tellMove(tx: Executor, place: Place, movedTo: string): Promise<void> {
  await tx
    .insert(threadFacts)
    .values({ ...place, movedTo })
    .onConflictDoUpdate({
      target: [threadFacts.channel, threadFacts.accountId, threadFacts.threadId],
      set: { movedTo, updatedAt: sql`now()` },
    });
}
