import { inArray, type SQL, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { messageChanges, messages, messageStatuses } from "../schema/messages.ts";
import { ERASED, type RowCounts } from "./personal-data-matcher.ts";

type Message = typeof messages.$inferSelect;

/**
 * Empties messages with all that was told of them. Each gets an id of no platform, made of ours, also one that is still
 * to be sent: so whoever is about to send it, or to write down that it was sent, finds it settled.
 */
export async function eraseMessages(
  tx: Executor,
  theirs: readonly Message[],
  contactId: string,
  heir: string,
): Promise<RowCounts> {
  const known = theirs.filter((message) => message.externalId !== null);
  const column = (of: (message: Message) => string | null) => sql.param(known.map(of));
  const named = sql`unnest(${column(({ id }) => id)}::uuid[], ${column(({ channel }) => channel)}::text[],
    ${column(({ accountId }) => accountId)}::text[], ${column(({ externalId }) => externalId)}::text[])
    as message (id, channel, account_id, external_id)`;
  const statuses = await tx.execute(sql`
    update ${messageStatuses} as status
    set external_id = 'erased/' || message.id, payload = ${json(ERASED)}, error_title = null,
      participant = case when participant = '' then '' else 'erased/' || status.id end
    from ${named} where ${sameMessage(sql`status`)} returning 1`);
  const changes = await tx.execute(sql`
    update ${messageChanges} as change
    set external_id = 'erased/' || message.id, change_id = 'erased/' || change.id, actor = null, body = null,
      payload = ${json(ERASED)}
    from ${named} where ${sameMessage(sql`change`)} returning 1`);
  await tx.execute(sql`
    update ${messages} as answer set reply_to = 'erased/' || message.id
    from ${named} where answer.reply_to = message.external_id
      and answer.conversation_id = any(${sql.param([...new Set(theirs.map(({ conversationId }) => conversationId))])}::uuid[])`);
  const unsent = sql`status in ('queued', 'sending')`;
  await tx
    .update(messages)
    .set({
      contactId: sql`case when contact_id = ${contactId}::uuid then ${heir}::uuid else contact_id end`,
      externalId: sql`'erased/' || id`,
      body: null,
      media: null,
      replyTo: sql`case when reply_to like 'erased/%' then reply_to end`,
      reactions: {},
      error: sql`case when ${unsent} then 'erased' end`,
      status: sql`case when ${unsent} then 'suppressed' else status end`,
      attemptedAt: null,
      sendSlotAt: null,
      payload: ERASED,
      updatedAt: sql`now()`,
    })
    .where(
      inArray(
        messages.id,
        theirs.map(({ id }) => id),
      ),
    );
  return { messages: theirs.length, message_statuses: statuses.length, message_changes: changes.length };
}

/** A file in a media store; `store` where its row tells which. */
export type FileToErase = { store?: string; key: string };

/** Files that came with messages, or were given to us to be sent with them. Others that were sent are the sender's. */
export function filesOf(theirs: readonly Pick<Message, "id" | "aiTurnId" | "media" | "payload">[]): FileToErase[] {
  const owners = new Set(theirs.flatMap(({ id, aiTurnId }) => [id, aiTurnId ?? id]));
  const files = theirs.flatMap(({ media, payload }) => [
    ...storedIn(media),
    ...storedIn(payload).filter(({ key }) => {
      const [, owner] = /^outgoing\/([0-9a-f-]{36})-/.exec(key) ?? [];
      return owner !== undefined && owners.has(owner);
    }),
  ]);
  return [...new Map(files.map((file) => [`${file.store}:${file.key}`, file])).values()];
}

/** Files under `stored`, wherever they are in a value: a key, or an object that tells the store too. */
function storedIn(value: unknown): FileToErase[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([field, entry]: [string, unknown]) => {
    if (field !== "stored") return storedIn(entry);
    if (typeof entry === "string") return [{ key: entry }];
    const { store, key } = (entry ?? {}) as { store?: unknown; key?: unknown };
    return typeof key === "string" ? [{ key, ...(typeof store === "string" ? { store } : {}) }] : [];
  });
}

function sameMessage(row: SQL): SQL {
  return sql`${row}.channel = message.channel and ${row}.account_id = message.account_id
    and ${row}.external_id = message.external_id`;
}

function json(value: unknown): SQL {
  return sql`${JSON.stringify(value)}::jsonb`;
}
