import { and, asc, eq, sql } from "drizzle-orm";
import type { MessageKey } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { messageChanges, messages } from "../schema/messages.ts";

/**
 * Applies all changes of a message, ordered by the platform's time: the latest edit, any revocation, and each actor's
 * latest reaction. Does nothing until the message itself has arrived.
 */
export async function applyChanges(tx: Executor, key: MessageKey): Promise<void> {
  const changes = await tx
    .select()
    .from(messageChanges)
    .where(
      and(
        eq(messageChanges.channel, key.channel),
        eq(messageChanges.accountId, key.accountId),
        eq(messageChanges.externalId, key.externalId),
      ),
    )
    .orderBy(asc(messageChanges.at), asc(messageChanges.changeId));
  const edit = changes.findLast((change) => change.kind === "edit");
  const revocation = changes.find((change) => change.kind === "revoke");
  const reactions = new Map<string, string>();
  for (const { kind, actor, emoji } of changes) {
    if (kind !== "reaction" || actor === null) continue;
    if (emoji === null) reactions.delete(actor);
    else reactions.set(actor, emoji);
  }
  await tx
    .update(messages)
    .set({
      ...(edit ? { body: edit.body, editedAt: edit.at } : {}),
      revokedAt: revocation?.at ?? null,
      reactions: Object.fromEntries(reactions),
      updatedAt: sql`now()`,
    })
    .where(
      and(
        eq(messages.channel, key.channel),
        eq(messages.accountId, key.accountId),
        eq(messages.externalId, key.externalId),
      ),
    );
}
