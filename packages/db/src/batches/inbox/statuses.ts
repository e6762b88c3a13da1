import { type FactOf, MESSAGE_STATUSES, type MessageStatus, type NewId } from "@millrace/core";
import { messageLockName } from "../../messages/statuses.ts";
import { type ChangedMessage, statusChanged } from "../../messages/status-changed.ts";
import type { Effects } from "./batch-context.ts";
import { lockNamesStatement } from "../lock-names.ts";
import { execute, type Transaction } from "../statement.ts";
import { joinTenants } from "../tenants.ts";

type StatusFact = FactOf<"status">;

/** An event with a status, by its place in the batch. */
type PlacedStatus = { place: number; status: StatusFact };

/** Finds statuses of accounts with a tenant. A message without its platform id is left out: a status then gives it the id. */
const FIND_KNOWN = `
  select status.place
  from json_to_recordset($1::json) as status (place int, provider text, account text, channel text, account_id text,
    message_id uuid)
  ${joinTenants("status")}
  where not exists (
    select from messages as message
    where message.id = status.message_id and message.channel = status.channel
      and message.account_id = status.account_id and message.external_id is null offset 0)`;

/** Returns the places of the statuses that a batch can record. */
export async function findKnownStatuses(
  tx: Transaction,
  statuses: readonly PlacedStatus[],
): Promise<ReadonlySet<number>> {
  if (statuses.length === 0) return new Set();
  const rows = statuses.map(({ place, status: { owner, channel, accountId, messageId } }) => ({
    place,
    provider: owner.provider,
    account: owner.externalId,
    channel,
    account_id: accountId,
    message_id: messageId,
  }));
  const known = await execute<{ place: number }>(tx, FIND_KNOWN, rows);
  return new Set(known.map(({ place }) => place));
}

const ADD_STATUSES = `
  insert into message_statuses (id, channel, account_id, external_id, status, participant, at, payload)
  select id, channel, account_id, external_id, status, '', at, payload
  from json_to_recordset($1::json) as status (place int, id uuid, channel text, account_id text, external_id text,
    status text, at timestamptz, payload jsonb)
  order by place
  on conflict do nothing
  returning id`;

/** Locks the messages in the order of their ids, so that two batches cannot deadlock. */
const LOCK_MESSAGES = `
  select id, tenant_id as "tenantId", conversation_id as "conversationId", channel, account_id as "accountId",
    external_id as "externalId", status
  from messages
  where direction = 'outbound' and id = any (array (
    select message.id
    from json_to_recordset($1::json) as key (channel text, account_id text, external_id text)
    cross join lateral (
      select id from messages
      where channel = key.channel and account_id = key.account_id and external_id = key.external_id
      limit 1
    ) as message))
  order by id for no key update`;

const MOVE_MESSAGES = `
  with moved as (
    select * from json_to_recordset($1::json) as moved (id uuid, status text)
  )
  update messages as message set status = moved.status, error = null, updated_at = now()
  from moved
  where message.id = moved.id and message.id = any (array (select id from moved))`;

/** An outbound message that the transaction has locked. `status` changes as the statuses of the batch are applied. */
type LockedMessage = ChangedMessage & { accountId: string; externalId: string; status: string };

/** Records statuses and moves their messages forward. Returns the domain events by the places of the statuses. */
export async function addStatuses(
  tx: Transaction,
  newId: NewId,
  statuses: readonly PlacedStatus[],
): Promise<ReadonlyMap<number, Effects>> {
  if (statuses.length === 0) return new Map();
  const ids = statuses.map(() => newId());
  const rows = statuses.map(({ place, status }, index) => ({
    place,
    id: ids[index],
    channel: status.channel,
    account_id: status.accountId,
    external_id: status.externalId,
    status: status.status,
    at: status.at,
    payload: status.payload,
  }));
  const [, added, locked] = await Promise.all([
    lockNamesStatement(tx, [...new Set(statuses.map(({ status }) => messageLockName(status)))]),
    execute<{ id: string }>(tx, ADD_STATUSES, rows),
    execute<LockedMessage>(tx, LOCK_MESSAGES, rows),
  ]);
  const isNew = new Set(added.map(({ id }) => id));
  const messages = new Map(locked.map((message) => [messageLockName(message), message]));
  const moved = new Set<LockedMessage>();
  const effects = new Map<number, Effects>();
  for (const [index, { place, status }] of statuses.entries()) {
    const message = messages.get(messageLockName(status));
    if (!message || !isNew.has(ids[index] ?? "") || !isFurther(status.status, message.status)) continue;
    message.status = status.status;
    moved.add(message);
    effects.set(place, { domainEvents: [statusChanged(message, status.status)], followUps: [] });
  }
  if (moved.size > 0)
    await execute(
      tx,
      MOVE_MESSAGES,
      [...moved].map(({ id, status }) => ({ id, status })),
    );
  return effects;
}

function isFurther(status: MessageStatus, than: string): boolean {
  return MESSAGE_STATUSES.indexOf(status) > MESSAGE_STATUSES.indexOf(than as MessageStatus);
}
