import { eq, type SQL, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { conversationAliases } from "../schema/index.ts";

/**
 * The id of the conversation that an id leads to, as SQL: the id itself, or the conversation that it was merged into. A
 * part of the statement that reads the conversation, so that a lookup by an old id costs no round trip.
 */
export function conversationIdOf(id: string): SQL<string> {
  return sql<string>`coalesce((select ${conversationAliases.conversationId} from ${conversationAliases}
    where ${conversationAliases.id} = ${id}::uuid), ${id}::uuid)`;
}

/** Lets the id of a conversation, and all ids that lead to it, lead to another one. Run it before the conversation is deleted. */
export async function addConversationAlias(tx: Executor, removed: string, survivor: string): Promise<void> {
  await tx
    .update(conversationAliases)
    .set({ conversationId: survivor })
    .where(eq(conversationAliases.conversationId, removed));
  await tx.insert(conversationAliases).values({ id: removed, conversationId: survivor });
}
