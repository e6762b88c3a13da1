import type { FollowUp, InboundEvent } from "@millrace/core";
import type { WaitingTurn } from "../../ai-turns/debounce.ts";
import { turnJob } from "../../inbox/follow-up-jobs.ts";
import { asksAi } from "../../messages/after-inbound-message.ts";
import { fetchMedia } from "../../messages/fetch-media.ts";
import { messageLockName } from "../../messages/statuses.ts";
import { debounceBatch } from "./ai-turns.ts";
import type { BatchContext, Effects } from "./batch-context.ts";
import { lockNamesStatement } from "../lock-names.ts";
import { NotPlainError } from "./not-plain-error.ts";
import type { PlainMessage } from "./plain-event.ts";
import { execute, type Transaction } from "../statement.ts";
import { type KnownThread, type LockedConversation, recordActivities } from "./threads.ts";

/** A claimed event with a message, and the rows that the message belongs to. */
export type ClaimedMessage = { place: number; event: InboundEvent; message: PlainMessage; thread: KnownThread };

const ADD_MESSAGES = `
  insert into messages (id, tenant_id, conversation_id, contact_id, channel, account_id, external_id, direction, author,
    type, body, media, reply_to, status, sent_at, payload, created_at, request_index, request_id, epoch, ai_turn_id)
  select id, tenant_id, conversation_id, contact_id, channel, account_id, external_id, 'inbound', 'contact',
    type, body, media, reply_to, status, sent_at, payload, created_at, request_index, request_id, epoch, ai_turn_id
  from json_to_recordset($1::json) as message (place int, id uuid, tenant_id uuid, conversation_id uuid,
    contact_id uuid, channel text, account_id text, external_id text, type text, body text, media jsonb, reply_to text,
    status text, sent_at timestamptz, payload jsonb, created_at timestamptz, request_index int, request_id uuid,
    epoch int, ai_turn_id uuid)
  order by place
  on conflict do nothing
  returning exists (
    select from millrace.message_changes as change where change.channel = messages.channel
      and change.account_id = messages.account_id and change.external_id = messages.external_id offset 0) as "hasChanges"`;

/**
 * Writes messages into their conversations, and adds them to the AI turns. Returns the effects by the places of the events.
 * @throws NotPlainError when a case was closed, or a message or its change was written, since the rows were found
 */
export async function addMessages(
  tx: Transaction,
  context: BatchContext,
  messages: readonly ClaimedMessage[],
): Promise<ReadonlyMap<number, Effects>> {
  if (messages.length === 0) return new Map();
  const conversations = await recordActivities(tx, messages);
  const asking = new Set(
    messages.filter(({ message }) => asksAi(context, message.thread.channel)).map(conversationIdOf),
  );
  const turns = context.assistant
    ? await debounceBatch(
        tx,
        context,
        [...conversations.values()].filter(({ id }) => asking.has(id)),
        context.assistant.timings,
      )
    : new Map<string, WaitingTurn>();

  const ids = new Map(messages.map(({ place }) => [place, context.newId()]));
  const rows = messages.map((claimed) => rowOf(context, claimed, ids.get(claimed.place), conversations, turns));
  const [, added] = await Promise.all([
    lockNamesStatement(
      tx,
      messages.map(({ message }) => messageLockName(keyOf(message))),
    ),
    execute<{ hasChanges: boolean }>(tx, ADD_MESSAGES, rows),
  ]);
  if (added.length < messages.length || added.some(({ hasChanges }) => hasChanges))
    throw new NotPlainError("a message or its change was written meanwhile");
  const turnJobs = turnJobsOf(context, messages, turns);
  return new Map(
    messages.map((claimed) => {
      const { place } = claimed;
      return [place, effectsOf(context, claimed, ids.get(place) ?? "", turnJobs.get(place))];
    }),
  );
}

/** Returns the jobs of the new AI turns, by the place of the first message of each. */
function turnJobsOf(
  { assistant }: BatchContext,
  messages: readonly ClaimedMessage[],
  turns: ReadonlyMap<string, WaitingTurn>,
): ReadonlyMap<number, FollowUp> {
  const first = new Map(messages.toReversed().map((claimed) => [conversationIdOf(claimed), claimed.place]));
  const jobs = new Map<number, FollowUp>();
  for (const [conversationId, place] of first) {
    const turn = turns.get(conversationId);
    if (assistant && turn?.firstDispatchAt)
      jobs.set(place, turnJob(assistant.integration, turn.id, turn.firstDispatchAt));
  }
  return jobs;
}

function conversationIdOf({ thread }: ClaimedMessage): string {
  return thread.conversationId;
}

function keyOf({ thread: { channel, accountId }, message: { externalId } }: PlainMessage) {
  return { channel, accountId, externalId };
}

function rowOf(
  context: BatchContext,
  { place, event, message: fact, thread }: ClaimedMessage,
  id: string | undefined,
  conversations: ReadonlyMap<string, LockedConversation>,
  turns: ReadonlyMap<string, WaitingTurn>,
): object {
  const conversation = conversations.get(thread.conversationId);
  if (!conversation) throw new NotPlainError("the conversation has no open case");
  const { ofContact, externalId, type, body, media, replyTo, status, sentAt, payload } = fact.message;
  const asked = asksAi(context, fact.thread.channel);
  return {
    place,
    id,
    tenant_id: thread.tenantId,
    conversation_id: thread.conversationId,
    contact_id: ofContact ? thread.contactId : null,
    channel: fact.thread.channel,
    account_id: fact.thread.accountId,
    external_id: externalId,
    type,
    body,
    media,
    reply_to: replyTo,
    status,
    sent_at: sentAt,
    payload,
    created_at: event.receivedAt,
    request_index: event.index ?? 0,
    request_id: event.request,
    epoch: asked ? conversation.epoch : null,
    ai_turn_id: asked ? turns.get(conversation.id)?.id : null,
  };
}

function effectsOf(
  { media: channels }: BatchContext,
  { message: fact, thread }: ClaimedMessage,
  subjectId: string,
  job: FollowUp | undefined,
): Effects {
  const { tenantId, conversationId } = thread;
  const { media, type, ofContact } = fact.message;
  const key = keyOf(fact);
  const payload = { conversationId, contactId: ofContact ? thread.contactId : undefined, channel: key.channel, type };
  const followUps: FollowUp[] = [];
  if (media) fetchMedia({ media: channels, followUps }, { ...key, tenantId }, media);
  if (job) followUps.push(job);
  return { domainEvents: [{ type: "message.received", tenantId, subjectId, payload }], followUps };
}
