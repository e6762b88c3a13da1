import type { InboundEvent, SendRequestedFact, ThreadReference } from "@millrace/core";
import type { Database } from "../../connection/database.ts";
import { erasedEventId } from "../../erasure/erased-values.ts";
import { execute } from "../statement.ts";
import { joinTenants } from "../tenants.ts";

/** A send request: its event and its fact. `mayQueue` is false while the fact is incomplete, so that only its target counts. */
export type SendRequest = { event: InboundEvent; fact: SendRequestedFact; mayQueue: boolean };

/** The conversation of a request with its contact, and what its messages and jobs need of it. A group has no contact. */
export type RequestTarget = { conversationId: string; contactId: string | null; channel: string; accountId: string };

/**
 * Where a request goes. `queue`: its messages can be queued in the conversation. `wait`: it needs more than that, and
 * the conversation's later requests wait for it. `apart`: no conversation that exists has to wait for it. `unclear`: any
 * conversation may be its own.
 */
export type RequestFate = ({ fate: "queue" | "wait" } & RequestTarget) | { fate: "apart" } | { fate: "unclear" };

/**
 * Finds the conversations of requests, all in one snapshot, so that two requests to one conversation find the same. A
 * request to a conversation that does not exist yet has no row. See `openThread` in packages/db/src/facts/threads.ts for what
 * else a thread needs. Postgres plans the statement once per connection, maybe on empty tables. The scalar subqueries and
 * lateral joins make it look each row up by an index, also when the tables have grown since.
 */
const FIND_TARGETS = `
  with request as (
    select * from json_to_recordset($1::json) as request (place int, integration text, event_id text, erased_id text,
      message_ids uuid[], conversation_id uuid, provider text, account text, channel text, account_id text,
      thread_id text, identities json, name text, username text, phone text, email text)
  ), named as (
    select request.place, conversation.id as conversation_id, conversation.contact_id, conversation.account_id,
      false as is_unclear, true as is_plain
    from request cross join lateral (
      select id, contact_id, account_id from conversations
      where id = coalesce(
          (select alias.conversation_id from millrace.conversation_aliases as alias where alias.id = request.conversation_id),
          request.conversation_id)
        and channel = request.channel and (request.account_id is null or request.account_id = account_id)
      limit 1) as conversation
  ), person as (
    select request.place, account.tenant_id, count(named) as named, count(identity.contact_id) as known,
      count(distinct identity.contact_id) as contacts, (array_agg(identity.contact_id))[1] as contact_id
    from request ${joinTenants("request")}
    left join lateral json_to_recordset(request.identities) as named (channel text, external_id text) on true
    left join lateral (
      select contact_id from contact_identities
      where tenant_id = account.tenant_id and channel = named.channel and external_id = named.external_id
      limit 1) as identity on true
    where request.conversation_id is null
    group by request.place, account.tenant_id
  ), thread as (
    select request.place, conversation.id as conversation_id, conversation.contact_id, request.account_id,
      person.contacts > 1 or person.known not in (0, person.named) or exists (
        select from millrace.thread_states as state where state.channel = request.channel
          and state.account_id = request.account_id and state.thread_id = request.thread_id
          and state.moved_to is not null) as is_unclear,
      coalesce(person.known = person.named and conversation.is_open
        and (request.name is null or request.name = contact.name)
        and (request.username is null or request.username = contact.username)
        and (request.phone is null or request.phone = contact.phone)
        and (request.email is null or request.email = contact.email), false) as is_plain
    from request
    join person on person.place = request.place
    left join contacts as contact on contact.id = person.contact_id
    left join lateral (
      select conversations.id, conversations.contact_id, cases.status = 'open' as is_open
      from conversations left join cases on cases.id = conversations.case_id
      where conversations.channel = request.channel and conversations.account_id = request.account_id
        and conversations.thread_id = coalesce(request.thread_id, person.contact_id::text)
      limit 1) as conversation on true
  )
  select target.place, target.conversation_id as "conversationId", target.contact_id as "contactId", request.channel,
    target.account_id as "accountId", target.is_unclear as "isUnclear",
    target.is_plain and coalesce(
      (select true from millrace.webhook_events as event
        where event.integration = request.integration and event.event_id = request.event_id),
      (select true from millrace.webhook_events as event
        where event.integration = request.integration and event.event_id = request.erased_id),
      (select true from unnest(request.message_ids) as part (id)
        where (select true from messages where messages.id = part.id) limit 1)) is null as "isPlain"
  from (select * from named union all select * from thread) as target
  join request on request.place = target.place`;

type FoundTarget = {
  place: number;
  conversationId: string | null;
  contactId: string | null;
  channel: string;
  accountId: string;
  isUnclear: boolean;
  isPlain: boolean;
};

/** Returns where requests go, in their order. */
export async function findTargets(
  sql: Database["sql"],
  requests: readonly SendRequest[],
): Promise<readonly RequestFate[]> {
  const found = await execute<FoundTarget>(sql, FIND_TARGETS, requests.map(rowOf));
  const byPlace = new Map(found.map((target) => [target.place, target]));
  return requests.map((request, place) => {
    const target = byPlace.get(place);
    if (target?.isUnclear) return { fate: "unclear" };
    if (!target || target.conversationId === null) return { fate: "apart" };
    const { conversationId, contactId, channel, accountId } = target;
    const fate = target.isPlain && isPlainRequest(request) ? "queue" : "wait";
    return { fate, conversationId, contactId, channel, accountId };
  });
}

function isPlainRequest({ mayQueue, fact: { request, takeover, to } }: SendRequest): boolean {
  const isMessages = "messages" in request && request.messages.length > 0;
  return mayQueue && isMessages && takeover === undefined && ("conversationId" in to || to.title === undefined);
}

function rowOf({ event, fact: { request, to } }: SendRequest, place: number): object {
  return {
    place,
    integration: event.integration,
    event_id: event.id,
    erased_id: erasedEventId(event.id),
    message_ids: "messages" in request ? request.messages.map(({ id }) => id) : [],
    channel: to.channel,
    account_id: to.accountId,
    ...("conversationId" in to ? { conversation_id: to.conversationId } : threadOf(to)),
  };
}

function threadOf({ owner, threadId, person }: ThreadReference): object {
  return {
    provider: owner.provider,
    account: owner.externalId,
    thread_id: threadId,
    identities: person?.identities.map(({ channel, externalId }) => ({ channel, external_id: externalId })),
    ...person?.profile,
  };
}
