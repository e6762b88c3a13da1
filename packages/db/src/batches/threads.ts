import type { PlainMessage } from "./plain-event.ts";
import { execute, type Transaction } from "./statement.ts";
import { joinTenants } from "./tenants.ts";

/** The rows that a message belongs to. */
export type KnownThread = { tenantId: string; contactId: string; conversationId: string };

/**
 * Finds the rows that messages belong to. It leaves out new people, new profiles and new threads, and messages that
 * another event has written or changed.
 * The key-share lock blocks a merge of the contacts until the transaction ends.
 */
const FIND_THREADS = `
  with event as (
    select * from json_to_recordset($1::json) as event (place int, provider text, account text, channel text,
      account_id text, thread_id text, external_id text, identities json, name text, username text, phone text, email text)
  ), owned as (
    select event.*, account.tenant_id
    from event ${joinTenants("event")}
  ), person as (
    select owned.place, (array_agg(identity.contact_id))[1] as contact_id
    from owned
    cross join lateral json_to_recordset(owned.identities) as named (channel text, external_id text)
    left join contact_identities as identity on identity.tenant_id = owned.tenant_id
      and identity.channel = named.channel and identity.external_id = named.external_id
    group by owned.place
    having count(*) = count(identity.contact_id) and count(distinct identity.contact_id) = 1
  )
  select owned.place, owned.tenant_id as "tenantId", contact.id as "contactId", conversation.id as "conversationId"
  from owned
  join person on person.place = owned.place
  join contacts as contact on contact.id = person.contact_id
  join conversations as conversation on conversation.channel = owned.channel
    and conversation.account_id = owned.account_id
    and conversation.thread_id = coalesce(owned.thread_id, contact.id::text)
  where (owned.name is null or owned.name = contact.name)
    and (owned.username is null or owned.username = contact.username)
    and (owned.phone is null or owned.phone = contact.phone)
    and (owned.email is null or owned.email = contact.email)
    and not exists (
      select from messages as message where message.channel = owned.channel
        and message.account_id = owned.account_id and message.external_id = owned.external_id)
    and not exists (
      select from millrace.message_changes as change where change.channel = owned.channel
        and change.account_id = owned.account_id and change.external_id = owned.external_id)
  order by contact.id
  for key share of contact`;

/** Returns the rows that messages belong to, by their places in the list; none for a message that a batch cannot write. */
export async function findThreads(
  tx: Transaction,
  messages: readonly { place: number; message: PlainMessage }[],
): Promise<ReadonlyMap<number, KnownThread>> {
  if (messages.length === 0) return new Map();
  const rows = messages.map(({ place, message: { thread, message } }) => ({
    place,
    provider: thread.owner.provider,
    account: thread.owner.externalId,
    channel: thread.channel,
    account_id: thread.accountId,
    thread_id: thread.threadId,
    external_id: message.externalId,
    identities: thread.person.identities.map(({ channel, externalId }) => ({ channel, external_id: externalId })),
    ...thread.person.profile,
  }));
  const found = await execute<KnownThread & { place: number }>(tx, FIND_THREADS, rows);
  return new Map(found.map(({ place, ...thread }) => [place, thread]));
}

/** A conversation that the transaction has locked. */
export type LockedConversation = { id: string; tenantId: string; mode: string; epoch: number };

/** Locks the conversations in the order of their ids, so that two batches cannot deadlock. Times only move forward. */
const RECORD_ACTIVITIES = `
  with activity as (
    select conversation_id, max(at) as at, max(at) filter (where by_user) as user_at,
      (array_agg(title order by place desc) filter (where title is not null))[1] as title
    from json_to_recordset($1::json) as activity (place int, conversation_id uuid, at timestamptz, by_user boolean, title text)
    group by conversation_id
  ), locked as (
    select conversation.id from conversations as conversation
    join activity on activity.conversation_id = conversation.id
    order by conversation.id for no key update of conversation
  )
  update conversations as conversation
  set last_message_at = greatest(conversation.last_message_at, activity.at),
    last_user_message_at = greatest(conversation.last_user_message_at, activity.user_at),
    title = coalesce(activity.title, conversation.title),
    updated_at = now()
  from locked, activity, cases
  where conversation.id = locked.id and activity.conversation_id = locked.id
    and cases.id = conversation.case_id and cases.status = 'open'
  returning conversation.id, conversation.tenant_id as "tenantId", conversation.mode, conversation.epoch`;

/** Records the activities of messages in their conversations. Returns the conversations with an open case, by their ids. */
export async function recordActivities(
  tx: Transaction,
  messages: readonly { place: number; message: PlainMessage; thread: KnownThread }[],
): Promise<ReadonlyMap<string, LockedConversation>> {
  const rows = messages.map(({ place, message: { activity, thread }, thread: { conversationId } }) => ({
    place,
    conversation_id: conversationId,
    at: activity.at,
    by_user: activity.byUser,
    title: thread.title,
  }));
  const locked = await execute<LockedConversation>(tx, RECORD_ACTIVITIES, rows);
  return new Map(locked.map((conversation) => [conversation.id, conversation]));
}
