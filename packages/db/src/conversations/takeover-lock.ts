import { eq, sql } from "drizzle-orm";
import { retryable } from "@millrace/core";
import { lockNames } from "../connection/advisory-locks.ts";
import type { Database, Executor } from "../connection/database.ts";
import { conversations } from "../schema/conversations.ts";

/** The advisory lock name of a conversation's takeover lock; see lockNames. */
function takeoverLockName(conversationId: string): string {
  return `takeover/${conversationId}`;
}

/**
 * How long {@link lockOutAnswers} waits. The transaction holds the conversation's row lock meanwhile; after this time it
 * fails and is retried, so that other transactions can proceed.
 */
const LOCK_TIMEOUT = "5s";

/**
 * Waits for AI answers of conversations that are being sent at this moment, and lets no other begin until the transaction
 * ends.
 */
export async function lockOutAnswers(tx: Executor, conversationIds: readonly string[]): Promise<void> {
  await tx.execute(sql`select set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`);
  await lockNames(tx, conversationIds.map(takeoverLockName));
  await tx.execute(sql`select set_config('lock_timeout', '0', true)`);
}

/** The takeover lock: an AI answer is sent only in the epoch in which it was requested, and a takeover waits for it. */
export type TakeoverLock = {
  /**
   * Runs `work` while holding the lock. Returns undefined, without running it, when the conversation's epoch has
   * changed. Rejects at once when the lock is lost with its connection, even if `work` continues.
   * @throws ProviderError retryable when the conversation no longer exists
   */
  runInEpoch<T>(conversationId: string, epoch: number, work: () => Promise<T>): Promise<T | undefined>;
};

/**
 * {@link TakeoverLock} on Postgres advisory locks. Sends hold a conversation's lock in shared mode for the duration of
 * their call; a takeover holds it exclusively. Each send uses a connection, so the lock needs its own pool. When a
 * worker dies, its connection closes and the lock is released.
 */
export function createTakeoverLock({ orm }: Database): TakeoverLock {
  return {
    runInEpoch: (conversationId, epoch, work) =>
      orm.transaction(async (tx) => {
        await tx.execute(
          sql`select pg_advisory_xact_lock_shared(hashtextextended(${takeoverLockName(conversationId)}, 0))`,
        );
        const [row] = await tx
          .select({ epoch: conversations.epoch })
          .from(conversations)
          .where(eq(conversations.id, conversationId));
        if (!row) throw retryable("the conversation was merged with another meanwhile");
        return row.epoch === epoch ? await work() : undefined;
      }),
  };
}
