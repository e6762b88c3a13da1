import { sql } from "drizzle-orm";
import type { OutgoingMessage } from "@millrace/core";
import { contactIdentities, conversations } from "../schema/index.ts";

/** The conversation and the recipients of a message or of an action, as a provider's send function needs them. */
export type SendTarget = Omit<OutgoingMessage, "id" | "content" | "replyTo" | "rateLimitHits">;

/** The columns of a {@link SendTarget}; stable identities of the recipient come first, then the newest. */
export const targetColumns = {
  tenantId: conversations.tenantId,
  conversationId: conversations.id,
  channel: conversations.channel,
  accountId: conversations.accountId,
  threadId: conversations.threadId,
  kind: conversations.kind,
  lastUserMessageAt: conversations.lastUserMessageAt,
  recipients: sql<{ externalId: string; stable: boolean }[]>`(
    select coalesce(json_agg(json_build_object('externalId', ${contactIdentities.externalId}, 'stable', ${contactIdentities.stable})
      order by ${contactIdentities.stable} desc, ${contactIdentities.createdAt} desc), '[]')
    from ${contactIdentities}
    where ${contactIdentities.contactId} = ${conversations.contactId} and ${contactIdentities.channel} = ${conversations.channel})`,
};

/** Maps the columns to a {@link SendTarget}. */
export function targetOf(row: Omit<SendTarget, "lastUserMessageAt"> & { lastUserMessageAt: Date | null }): SendTarget {
  const { tenantId, conversationId, channel, accountId, threadId, kind, recipients } = row;
  const lastUserMessageAt = row.lastUserMessageAt ?? undefined;
  return { tenantId, conversationId, channel, accountId, threadId, kind, recipients, lastUserMessageAt };
}
