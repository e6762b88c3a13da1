import { sql } from "drizzle-orm";
import type { Database } from "../src/connection/database.ts";

/** The rows of each table with names in place of generated ids, sorted. `received` and `status` are of domain_events. */
const ROWS = {
  contacts: `select name, (select array_agg(channel || '/' || external_id order by 1) from contact_identities where contact_id = c.id) as identities
    from contacts c`,
  conversations: `select channel, account_id, case when channel = 'telegram' then thread_id end as thread, kind, title, mode, epoch,
    last_message_at, last_user_message_at, (select count(*)::int from cases where cases.contact_id = v.contact_id) as cases,
    (select count(*)::int from messages m where m.conversation_id = v.id) as messages from conversations v`,
  messages: `select channel, account_id, external_id, direction, author, type, body, media, reply_to, status, error, reactions, epoch,
    sent_at, created_at, request_index, request_id, payload, (select name from contacts where contacts.id = m.contact_id) as contact,
    (select state from millrace.ai_turns t where t.id = m.ai_turn_id) as turn,
    (select count(*)::int from messages o where o.ai_turn_id = m.ai_turn_id) as turn_messages from messages m`,
  statuses: `select channel, account_id, external_id, status, participant, at, error_code, error_title, payload from message_statuses`,
  changes: `select channel, account_id, external_id, change_id, kind, actor, emoji, at from millrace.message_changes`,
  turns: `select state, reason, epoch, (select count(*)::int from millrace.webhook_events
      where follow_ups @> jsonb_build_array(jsonb_build_object('id', 'turn.' || t.id))) as jobs from millrace.ai_turns t`,
  events: `select integration, event_id, kind, payload_hash, status, result, detail, correlation_id, received_at,
    (select array_agg(job ->> 'kind' order by place) from jsonb_path_query(follow_ups, '$[*]') with ordinality as jobs (job, place)
      where job ->> 'kind' <> 'turn') as jobs
    from millrace.webhook_events`,
  received: `select e.type, m.external_id, e.payload - 'conversationId' - 'contactId' as payload, e.payload ? 'contactId' as named
    from millrace.domain_events e join messages m on m.id::text = e.subject_id where e.type = 'message.received'`,
  status: `select m.external_id, (array_agg(e.payload ->> 'status' order by sequence desc))[1] as last
    from millrace.domain_events e join messages m on m.id::text = e.subject_id where e.type = 'message.status_changed' group by 1`,
};

/** Returns what events wrote, so that two databases can be compared. */
export async function readRows({ orm }: Database): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {};
  for (const [name, statement] of Object.entries(ROWS)) {
    const rows = await orm.execute<{ row: unknown }>(
      sql.raw(`select to_json(row) as row from (${statement}) as row order by to_jsonb(row)::text`),
    );
    tables[name] = rows.map(({ row }) => row);
  }
  return tables;
}

/** Removes what events wrote. The tenants and their accounts stay. */
export async function removeRows({ orm }: Database): Promise<void> {
  await orm.execute(
    sql`truncate contacts, cases, conversations, messages, message_statuses, millrace.message_changes,
      millrace.ai_turns, millrace.webhook_events, millrace.domain_events, millrace.thread_states cascade`,
  );
}
