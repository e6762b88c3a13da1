import { inArray, type SQL, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { messageChanges, messages, messageStatuses } from "../schema/messages.ts";
import { ERASED } from "./erased-values.ts";
import type { RowCounts } from "./scope.ts";

type Message = typeof messages.$inferSelect;

/**
 * Erases messages with their statuses and changes. Each gets an external id that no platform uses, derived from its own
 * id. An unsent message gets one too, so that a concurrent send job finds it terminal.
 */
export async function eraseMessages(
  tx: Executor,
  erased: readonly Message[],
  contactId: string,
  replacementId: string,
): Promise<RowCounts> {
  const withExternalId = erased.filter((message) => message.externalId !== null);
  const column = (of: (message: Message) => string | null) => sql.param(withExternalId.map(of));
  const erasedMessages = sql`unnest(${column(({ id }) => id)}::uuid[], ${column(({ channel }) => channel)}::text[],
    ${column(({ accountId }) => accountId)}::text[], ${column(({ externalId }) => externalId)}::text[])
    as message (id, channel, account_id, external_id)`;
  const statuses = await tx.execute(sql`
    update ${messageStatuses} as status
    set external_id = 'erased/' || message.id, payload = ${json(ERASED)}, error_title = null,
      participant = case when participant = '' then '' else 'erased/' || status.id end
    from ${erasedMessages} where ${sameMessage(sql`status`)} returning 1`);
  const changes = await tx.execute(sql`
    update ${messageChanges} as change
    set external_id = 'erased/' || message.id, change_id = 'erased/' || change.id, actor = null, body = null,
      payload = ${json(ERASED)}
    from ${erasedMessages} where ${sameMessage(sql`change`)} returning 1`);
  await tx.execute(sql`
    update ${messages} as answer set reply_to = 'erased/' || message.id
    from ${erasedMessages} where answer.reply_to = message.external_id
      and answer.conversation_id = any(${sql.param([...new Set(erased.map(({ conversationId }) => conversationId))])}::uuid[])`);
  const isUnsent = sql`status in ('queued', 'sending')`;
  await tx
    .update(messages)
    .set({
      contactId: sql`case when contact_id = ${contactId}::uuid then ${replacementId}::uuid else contact_id end`,
      externalId: sql`'erased/' || id`,
      body: null,
      media: null,
      call: null,
      replyTo: sql`case when reply_to like 'erased/%' then reply_to end`,
      reactions: {},
      error: sql`case when ${isUnsent} then 'erased' end`,
      status: sql`case when ${isUnsent} then 'suppressed' else status end`,
      attemptedAt: null,
      sendSlotAt: null,
      payload: ERASED,
      updatedAt: sql`now()`,
    })
    .where(
      inArray(
        messages.id,
        erased.map(({ id }) => id),
      ),
    );
  return { messages: erased.length, message_statuses: statuses.length, message_changes: changes.length };
}

function sameMessage(row: SQL): SQL {
  return sql`${row}.channel = message.channel and ${row}.account_id = message.account_id
    and ${row}.external_id = message.external_id`;
}

function json(value: unknown): SQL {
  return sql`${JSON.stringify(value)}::jsonb`;
}
