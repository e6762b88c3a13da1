import type { InboundEvent, SendRequestedFact } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { erasedEventId } from "../erasure/erased-values.ts";

/** A send request: its event and its fact. `mayQueue` is false while the fact is incomplete, so that only its target counts. */
export type SendRequest = { event: InboundEvent; fact: SendRequestedFact; mayQueue: boolean };

/** The conversation of a request, and what its messages and jobs need of it. */
export type RequestTarget = { conversationId: string; channel: string; accountId: string };

/**
 * Where a request goes. `queue`: its messages can be queued in the conversation. `wait`: it needs more than that, and
 * the conversation's later requests wait for it. `apart`: no conversation that exists has to wait for it. `unclear`: any
 * conversation may be its own.
 */
export type RequestFate = ({ fate: "queue" | "wait" } & RequestTarget) | { fate: "apart" } | { fate: "unclear" };

/** The places of requests that are done, dead or erased, or that name a message which exists. */
const FIND_KNOWN = `
  select place from json_to_recordset($1::json) as request (place int, integration text, event_id text, erased_id text,
    message_ids uuid[])
  where exists (
      select from millrace.webhook_events as event
      where event.integration = request.integration and event.event_id in (request.event_id, request.erased_id))
    or exists (select from messages as message where message.id = any(request.message_ids))`;

const FIND_CONVERSATIONS = `
  select request.place, conversation.id as "conversationId", conversation.channel, conversation.account_id as "accountId"
  from json_to_recordset($1::json) as request (place int, id uuid, channel text, account_id text)
  left join millrace.conversation_aliases as alias on alias.id = request.id
  join conversations as conversation on conversation.id = coalesce(alias.conversation_id, request.id)
  where conversation.channel = request.channel
    and (request.account_id is null or request.account_id = conversation.account_id)`;

/** Finds the conversations of threads. See `openThread` in packages/db/src/facts/threads.ts for what else a thread needs. */
const FIND_THREADS = `
  with thread as (
    select * from json_to_recordset($1::json) as thread (place int, provider text, account text, channel text,
      account_id text, thread_id text, identities json, name text, username text, phone text, email text)
  ), person as (
    select thread.place, account.tenant_id, count(named) as named, count(identity.contact_id) as known,
      count(distinct identity.contact_id) as contacts, (array_agg(identity.contact_id))[1] as contact_id
    from thread cross join lateral (
      select tenant_id from millrace.provider_accounts
      where provider = thread.provider and external_id in (thread.account, '*')
      order by external_id = '*' limit 1) as account
    left join lateral json_to_recordset(thread.identities) as named (channel text, external_id text) on true
    left join contact_identities as identity on identity.tenant_id = account.tenant_id
      and identity.channel = named.channel and identity.external_id = named.external_id
    where account.tenant_id is not null
    group by thread.place, account.tenant_id
  )
  select thread.place, conversation.id as "conversationId", thread.channel, thread.account_id as "accountId",
    person.contacts > 1 or person.known not in (0, person.named) or exists (
      select from millrace.thread_states as state where state.channel = thread.channel
        and state.account_id = thread.account_id and state.thread_id = thread.thread_id and state.moved_to is not null
    ) as "isUnclear",
    coalesce(person.known = person.named and "case".status = 'open'
      and (thread.name is null or thread.name = contact.name)
      and (thread.username is null or thread.username = contact.username)
      and (thread.phone is null or thread.phone = contact.phone)
      and (thread.email is null or thread.email = contact.email), false) as "isPlain"
  from thread
  join person on person.place = thread.place
  left join contacts as contact on contact.id = person.contact_id
  left join conversations as conversation on conversation.channel = thread.channel
    and conversation.account_id = thread.account_id
    and conversation.thread_id = coalesce(thread.thread_id, person.contact_id::text)
  left join cases as "case" on "case".id = conversation.case_id`;

type FoundThread = Omit<RequestTarget, "conversationId"> & {
  place: number;
  conversationId: string | null;
  isUnclear: boolean;
  isPlain: boolean;
};

/** Returns where requests go, in their order. */
export async function findTargets(
  sql: Database["sql"],
  requests: readonly SendRequest[],
): Promise<readonly RequestFate[]> {
  const find = <Row extends object>(statement: string, rows: readonly object[]): Promise<Row[]> =>
    rows.length === 0 ? Promise.resolve([]) : sql.unsafe<Row[]>(statement, [JSON.stringify(rows)], { prepare: true });
  const [known, conversations, threads] = await Promise.all([
    find<{ place: number }>(FIND_KNOWN, requests.map(knownRow)),
    find<RequestTarget & { place: number }>(FIND_CONVERSATIONS, requests.flatMap(conversationRow)),
    find<FoundThread>(FIND_THREADS, requests.flatMap(threadRow)),
  ]);
  const isKnown = new Set(known.map(({ place }) => place));
  const byPlace = new Map([...conversations, ...threads].map((row) => [row.place, row]));
  return requests.map((request, place) => {
    const found: (RequestTarget & { place: number }) | FoundThread | undefined = byPlace.get(place);
    if (!found) return { fate: "apart" };
    const { conversationId, channel, accountId } = found;
    if ("isUnclear" in found && found.isUnclear) return { fate: "unclear" };
    if (conversationId === null) return { fate: "apart" };
    const isPlain = !("isPlain" in found && !found.isPlain) && isPlainRequest(request) && !isKnown.has(place);
    return { fate: isPlain ? "queue" : "wait", conversationId, channel, accountId };
  });
}

function isPlainRequest({ mayQueue, fact: { request, takeover, to } }: SendRequest): boolean {
  const isMessages = "messages" in request && request.messages.length > 0;
  return mayQueue && isMessages && takeover === undefined && ("conversationId" in to || to.title === undefined);
}

function knownRow({ event, fact: { request } }: SendRequest, place: number): object {
  return {
    place,
    integration: event.integration,
    event_id: event.id,
    erased_id: erasedEventId(event.id),
    message_ids: "messages" in request ? request.messages.map(({ id }) => id) : [],
  };
}

function conversationRow({ fact: { to } }: SendRequest, place: number): object[] {
  if (!("conversationId" in to)) return [];
  return [{ place, id: to.conversationId, channel: to.channel, account_id: to.accountId }];
}

function threadRow({ fact: { to } }: SendRequest, place: number): object[] {
  if ("conversationId" in to) return [];
  const { owner, channel, accountId, threadId, person } = to;
  const identities = person?.identities.map((identity) => ({
    channel: identity.channel,
    external_id: identity.externalId,
  }));
  return [
    {
      place,
      provider: owner.provider,
      account: owner.externalId,
      channel,
      account_id: accountId,
      thread_id: threadId,
      identities: identities ?? [],
      ...person?.profile,
    },
  ];
}
