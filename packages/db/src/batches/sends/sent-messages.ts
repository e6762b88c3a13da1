import { type FactOf, type InboundEvent, MESSAGE_STATUSES, type NewId } from "@millrace/core";
import type { Database } from "../../connection/database.ts";
import { messageLockName } from "../../messages/statuses.ts";
import { claimEvents } from "../claims.ts";
import { createBatcher } from "../batcher.ts";
import { lockNamesStatement } from "../lock-names.ts";
import { applySettings } from "../settings.ts";
import { execute, type Transaction } from "../statement.ts";

/** The event of a send job, and what the platform answered. */
type SentEvent = { event: InboundEvent; fact: FactOf<"message_sent">; channel: string; accountId: string };

/** Records that platforms accepted messages. Records that are made together share a transaction. */
export type SentMessages = {
  /**
   * Does what `applyOnce` of the inbox does for an event with the one fact. Returns false, and writes nothing, when the
   * event needs more than that: the thread moved, the recipient has new identities, or the event is done or dead.
   */
  record(sent: SentEvent): Promise<boolean>;
};

/** A message with a new status. */
type ChangedMessage = { id: string; status: string };

const MARK_SENT = `
  update messages as message set external_id = sent.external_id, status = 'sent', sent_at = sent.at, attempted_at = null,
    rate_limit_hits = 0, error = null, updated_at = now()
  from json_to_recordset($1::json) as sent (message_id uuid, external_id text, at timestamptz)
  where message.id = sent.message_id and message.external_id is null
  returning message.id, message.status`;

const RANKS = `array['${MESSAGE_STATUSES.join("', '")}']`;

/** Moves messages to the furthest status that the platform has reported; see `applyStatuses` in messages/statuses.ts. */
const APPLY_STATUSES = `
  with furthest as (
    select distinct on (message.id) message.id, reported.status, array_position(${RANKS}, reported.status) as rank,
      case reported.status when 'failed'
        then concat(coalesce(reported.error_title, 'failed'), ' (' || reported.error_code || ')') end as error
    from json_to_recordset($1::json) as sent (message_id uuid) join messages as message on message.id = sent.message_id
    join message_statuses as reported on reported.channel = message.channel
      and reported.account_id = message.account_id and reported.external_id = message.external_id
    where reported.participant = '' or reported.status <> 'failed'
    order by message.id, rank desc
  )
  update messages as message set status = furthest.status, error = furthest.error, updated_at = now()
  from furthest where message.id = furthest.id and furthest.rank > array_position(${RANKS}, message.status)
  returning message.id, message.status`;

const APPEND_CHANGES = `
  insert into millrace.domain_events (id, tenant_id, type, subject_id, payload)
  select changed.event_id, message.tenant_id, 'message.status_changed', message.id::text,
    jsonb_build_object('conversationId', message.conversation_id, 'channel', message.channel, 'status', changed.status)
  from json_to_recordset($1::json) as changed (place int, event_id uuid, id uuid, status text)
  join messages as message on message.id = changed.id
  order by changed.place`;

/** {@link SentMessages} on the tables webhook_events, messages and domain_events. */
export function createSentMessages({ sql }: Database, newId: NewId): SentMessages {
  const recordAll = async (sent: readonly SentEvent[]): Promise<boolean[]> => {
    try {
      return await sql.begin((tx) => recordSent(tx, newId, sent));
    } catch {
      // Recording the messages one by one finds the error again, if it is one of theirs.
      return sent.map(() => false);
    }
  };
  const batcher = createBatcher(recordAll);
  return {
    async record(sent) {
      const { movedTo, recipient } = sent.fact.sent;
      const isPlain = movedTo === undefined && recipient === undefined;
      return isPlain && batcher.add(sent);
    },
  };
}

async function recordSent(tx: Transaction, newId: NewId, sent: readonly SentEvent[]): Promise<boolean[]> {
  const claims = sent.map(({ event }) => ({ id: newId(), event }));
  const names = sent.map(({ fact, ...key }) => messageLockName({ ...key, externalId: fact.sent.externalId }));
  await applySettings(tx);
  // The lock of a message precedes the snapshot of the statement that looks for its statuses.
  const [claimed] = await Promise.all([claimEvents(tx, claims), lockNamesStatement(tx, [...new Set(names)])]);
  const isClaimed = claims.map(({ id }) => claimed.has(id));
  const rows = sent.flatMap(({ fact }, index) => (isClaimed[index] ? [rowOf(fact)] : []));
  if (rows.length === 0) return isClaimed;
  const [marked, moved] = await Promise.all([
    execute<ChangedMessage>(tx, MARK_SENT, rows),
    execute<ChangedMessage>(tx, APPLY_STATUSES, rows),
  ]);
  const changed = [...marked, ...moved].map((row, place) => ({ ...row, place, event_id: newId() }));
  await execute(tx, APPEND_CHANGES, changed);
  return isClaimed;
}

function rowOf({ messageId, sent, at }: SentEvent["fact"]): object {
  return { message_id: messageId, external_id: sent.externalId, at };
}
