import { eq, sql } from "drizzle-orm";
import { retryable } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { conversations } from "../schema/conversations.ts";

/** The name by which a conversation's fence is locked; see locks.ts. */
export function takeoverLockName(conversationId: string): string {
  return `fence/${conversationId}`;
}

/** The fence around AI answers: what passes it was asked for in the present epoch, and a takeover waits behind it. */
export type TakeoverLock = {
  /**
   * Does the work unless the conversation has another epoch by now; undefined then. It rejects at once when the fence is
   * lost with its connection, whatever the work goes on to do.
   * @throws ProviderError retryable when there is no such conversation any more
   */
  pass<T>(conversationId: string, epoch: number, work: () => Promise<T>): Promise<T | undefined>;
};

/**
 * {@link TakeoverLock} on locks of Postgres. Any number of sends hold a conversation's fence together, each for as long as its
 * call takes; a takeover holds it alone. It takes a connection per send, so it has a pool of its own; when a worker
 * dies its connection closes and the fence is free.
 */
export function createTakeoverLock({ orm }: Database): TakeoverLock {
  return {
    pass: (conversationId, epoch, work) =>
      orm.transaction(async (tx) => {
        await tx.execute(
          sql`select pg_advisory_xact_lock_shared(hashtextextended(${takeoverLockName(conversationId)}, 0))`,
        );
        const [row] = await tx
          .select({ epoch: conversations.epoch })
          .from(conversations)
          .where(eq(conversations.id, conversationId));
        if (!row) throw retryable("the conversation was joined with another meanwhile");
        return row.epoch === epoch ? await work() : undefined;
      }),
  };
}
