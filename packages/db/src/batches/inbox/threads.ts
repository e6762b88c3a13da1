import type { PlainMessage } from "./plain-event.ts";
import { execute, type Transaction } from "../statement.ts";
import { joinTenants } from "../tenants.ts";

/** The rows that a message belongs to. */
export type KnownThread = { tenantId: string; contactId: string; conversationId: string };

/**
 * Finds the rows that messages belong to. It leaves out new people, new profiles and new threads, and messages that
 * another event has written or changed.
 * The key-share lock blocks a merge of the contacts until the transaction ends.
 * `limit 1` and `offset 0` make Postgres look up each event by itself: in the order of its choice it joined each event with
 * every conversation of the account.
 */
const FIND_THREADS = `
  with candidate as materialized (
    select event.*, account.tenant_id, person.contact_id, conversation.id as conversation_id
    from json_to_recordset($1::json) as event (place int, provider text, account text, channel text, account_id text,
      thread_id text, external_id text, identities json, name text, username text, phone text, email text)
    ${joinTenants("event")}
    cross join lateral (
      select (array_agg(identity.contact_id))[1] as contact_id
      from json_to_recordset(event.identities) as named (channel text, external_id text)
      left join lateral (
        select contact_id from contact_identities
        where tenant_id = account.tenant_id and channel = named.channel and external_id = named.external_id
        limit 1
      ) as identity on true
      having count(*) = count(identity.contact_id) and count(distinct identity.contact_id) = 1
    ) as person
    cross join lateral (
      select id from conversations
      where channel = event.channel and account_id = event.account_id
        and thread_id = coalesce(event.thread_id, person.contact_id::text)
      limit 1
    ) as conversation
    where not exists (
      select from messages where channel = event.channel and account_id = event.account_id
        and external_id = event.external_id offset 0)
      and not exists (
        select from millrace.message_changes where channel = event.channel and account_id = event.account_id
          and external_id = event.external_id offset 0)
  )
  select candidate.place, candidate.tenant_id as "tenantId", contact.id as "contactId",
    candidate.conversation_id as "conversationId"
  from candidate join contacts as contact on contact.id = candidate.contact_id
  where (candidate.name is null or candidate.name = contact.name)
    and (candidate.username is null or candidate.username = contact.username)
    and (candidate.phone is null or candidate.phone = contact.phone)
    and (candidate.email is null or candidate.email = contact.email)
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
  ), locked as materialized (
    select activity.* from activity
    join conversations as conversation on conversation.id = activity.conversation_id
    order by conversation.id for no key update of conversation
  )
  update conversations as conversation
  set last_message_at = greatest(conversation.last_message_at, locked.at),
    last_user_message_at = greatest(conversation.last_user_message_at, locked.user_at),
    title = coalesce(locked.title, conversation.title),
    updated_at = now()
  from locked
  where conversation.id = locked.conversation_id
    and exists (select from cases where id = conversation.case_id and status = 'open' offset 0)
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
