import { DrizzleQueryError } from "drizzle-orm";
import { contentHash, type FollowUp, type HeldLease, type MessagePart, type NewId } from "@millrace/core";
import type { Database } from "../../connection/database.ts";
import { sendJob } from "../../inbox/follow-up-jobs.ts";
import { findTargets, type RequestFate, type RequestTarget, type SendRequest } from "./request-targets.ts";

/** Queues the messages of many send requests at once. */
export type SendRequestBatches = {
  /**
   * Queues the messages of requests, which are in the order of acceptance. Returns the follow-up jobs of the requests
   * that it applied, by the ids of their events. It leaves out a request that needs more than its messages queued, and
   * the later requests of its conversation, so that each conversation keeps its order. It leaves out a conversation that
   * another transaction locks. It applies nothing when `lease` is no longer held: then another worker may process an
   * earlier request.
   * @throws when a request cannot be written; then none is
   */
  apply(requests: readonly SendRequest[], lease: HeldLease): Promise<ReadonlyMap<string, readonly FollowUp[]>>;
};

/**
 * Claims the events, assigns the positions and inserts the messages, in one statement and so in one transaction. It waits
 * for no conversation: one that another transaction locks is left out with its events. So is one that was merged or erased
 * meanwhile, which changes its contact. An event that another worker has applied meanwhile is left out, too. Until the end
 * of the statement no other worker can acquire the lease.
 */
const QUEUE_MESSAGES = `
  with event as (
    select * from json_to_recordset($1::json) as event (id uuid, conversation_id uuid, contact_id uuid, integration text,
      event_id text, kind text, payload_hash text, correlation_id text, received_at timestamptz, follow_ups jsonb)
  ), held as (
    select from millrace.leases where name = $3 and holder = $4 and expires_at > clock_timestamp() for share
  ), locked as (
    select id from conversations
    where exists (select from held) and id = any (array (select conversation_id from event)) and exists (
      select from event where event.conversation_id = conversations.id
        and event.contact_id is not distinct from conversations.contact_id offset 0)
    order by id for no key update skip locked
  ), claimed as (
    insert into millrace.webhook_events (id, integration, event_id, kind, payload_hash, status, result, correlation_id,
      received_at, follow_ups)
    select event.id, integration, event_id, kind, payload_hash, 'done', 'written', correlation_id, received_at, follow_ups
    from event join locked on locked.id = event.conversation_id
    order by integration, event_id
    on conflict do nothing
    returning id, event_id
  ), message as (
    select message.*, row_number() over (partition by conversation_id order by place) as nth
    from json_to_recordset($2::json) as message (place int, id uuid, event uuid, conversation_id uuid, type text,
      body text, reply_to text, content jsonb, at timestamptz, expires_at timestamptz)
    join claimed on claimed.id = message.event
  ), added as (
    select conversation_id, count(*)::int as count, max(at) as at from message group by conversation_id
  ), reserved as (
    update conversations as conversation
    set last_position = conversation.last_position + added.count,
      last_message_at = greatest(conversation.last_message_at, added.at), updated_at = now()
    from added where conversation.id = added.conversation_id
    returning conversation.id, conversation.tenant_id, conversation.contact_id, conversation.channel,
      conversation.account_id, conversation.last_position - added.count as before
  ), queued as (
    insert into messages (id, tenant_id, conversation_id, contact_id, channel, account_id, direction, author, type, body,
      reply_to, payload, status, position, sent_at, expires_at)
    select message.id, reserved.tenant_id, reserved.id, reserved.contact_id, reserved.channel, reserved.account_id,
      'outbound', 'person', message.type, message.body, message.reply_to, message.content, 'queued',
      reserved.before + message.nth, message.at, message.expires_at
    from message join reserved on reserved.id = message.conversation_id
    order by message.place
  )
  select event_id as "eventId" from claimed`;

/** {@link SendRequestBatches} on the tables webhook_events, conversations and messages. */
export function createSendRequestBatches({ sql }: Database, newId: NewId): SendRequestBatches {
  return {
    async apply(requests, lease) {
      const fates = await asStatement(findTargets(sql, requests));
      const planned = planQueue(requests, fates).map((queued) => ({ ...queued, followUps: sendJobsOf(queued) }));
      if (planned.length === 0) return new Map();
      const events = planned.map(({ request: { event }, target, followUps }) => ({
        id: newId(),
        conversation_id: target.conversationId,
        contact_id: target.contactId,
        integration: event.integration,
        event_id: event.id,
        kind: event.kind,
        payload_hash: contentHash(event.payload),
        correlation_id: event.correlationId,
        received_at: event.receivedAt,
        follow_ups: followUps,
      }));
      const messages = planned
        .flatMap(({ request, target }, index) => messageRows(request, target, events[index]?.id))
        .map((row, place) => ({ place, ...row }));
      const rows = [JSON.stringify(events), JSON.stringify(messages), lease.name, lease.holder];
      const claimed = await asStatement(sql.unsafe<{ eventId: string }[]>(QUEUE_MESSAGES, rows, { prepare: true }));
      const isClaimed = new Set(claimed.map(({ eventId }) => eventId));
      const applied = planned.filter(({ request }) => isClaimed.has(request.event.id));
      return new Map(applied.map(({ request, followUps }) => [request.event.id, followUps]));
    },
  };
}

/** Waits for a statement. Its error counts as one of Postgres, so that an outage is no fault of the requests. */
async function asStatement<T>(statement: PromiseLike<T>): Promise<T> {
  try {
    return await statement;
  } catch (error) {
    throw new DrizzleQueryError("a batch of requests to send", [], error instanceof Error ? error : undefined);
  }
}

/** A request with the conversation in which its messages can be queued. */
type PlannedRequest = { request: SendRequest; target: RequestTarget };

/**
 * Returns the requests that can be applied now: none behind a request of the same conversation that cannot, and none
 * behind one with an unclear conversation.
 */
function planQueue(requests: readonly SendRequest[], fates: readonly RequestFate[]): PlannedRequest[] {
  const planned: PlannedRequest[] = [];
  const waiting = new Set<string>();
  const ids = new Set<string>();
  for (const [index, request] of requests.entries()) {
    const target = fates[index] ?? { fate: "unclear" };
    if (target.fate === "unclear") break;
    // Two requests under one Idempotency-Key have the same ids of messages: the first one decides.
    const messageIds = partsOf(request).map(({ id }) => id);
    const isRepeated = messageIds.some((id) => ids.has(id));
    for (const id of messageIds) ids.add(id);
    if (target.fate === "apart") continue;
    if (target.fate === "wait" || isRepeated) waiting.add(target.conversationId);
    if (!waiting.has(target.conversationId)) planned.push({ request, target });
  }
  return planned;
}

function partsOf({ fact: { request } }: SendRequest): readonly (MessagePart & { id: string })[] {
  return "messages" in request ? request.messages : [];
}

function sendJobsOf({ request, target }: PlannedRequest): FollowUp[] {
  const { fact } = request;
  const expiresAt = "messages" in fact.request ? (fact.request.expiresAt ?? null) : null;
  return partsOf(request).map(({ id }) => sendJob({ id, ...target, expiresAt }));
}

function messageRows(request: SendRequest, target: RequestTarget, event: string | undefined): object[] {
  const { fact } = request;
  const expiresAt = "messages" in fact.request ? fact.request.expiresAt : undefined;
  return partsOf(request).map(({ id, type, body, replyTo, content }) => ({
    id,
    event,
    conversation_id: target.conversationId,
    type,
    body,
    reply_to: replyTo,
    content,
    at: fact.at,
    expires_at: expiresAt,
  }));
}
