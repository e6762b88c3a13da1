import { createHash } from "node:crypto";
import { type InboundEvent, uuidv7 } from "@millrace/core";
import type { Database } from "@millrace/db";

/** Events in one transaction, and transactions at a time: as many as a worker's. */
const BATCH = 64;
const AT_A_TIME = 2;

/** A known person of the load, with the ids of the rows. */
type Person = { phone: string; contactId: string; conversationId: string; tenantId: string };

/** One statement per table, with one array per column. They decide nothing: every row is known before. */
const STATEMENTS = {
  events: `insert into millrace.webhook_events
      (id, integration, event_id, kind, payload_hash, status, result, correlation_id, received_at, follow_ups)
    select id, 'whatsapp', event_id, 'message', payload_hash, 'done', 'written', event_id, now(), follow_ups
    from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[]) as event (id, event_id, payload_hash, follow_ups)`,
  conversations: `update conversations set last_message_at = now(), last_user_message_at = now(), updated_at = now()
    where id in (select unnest($1::uuid[]) order by 1)`,
  turns: `insert into millrace.ai_turns (id, tenant_id, conversation_id, epoch, state, reason, opened_at, dispatch_at)
    select distinct on (conversation_id) id, tenant_id, conversation_id, 0, 'debouncing', 'message', now(), now() + interval '2 s'
    from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as turn (id, tenant_id, conversation_id)
    order by conversation_id
    on conflict (conversation_id) where state in ('debouncing', 'awaiting_reply')
    do update set dispatch_at = excluded.dispatch_at, updated_at = now()`,
  messages: `insert into messages (id, tenant_id, conversation_id, contact_id, channel, account_id, external_id, direction,
      author, type, body, status, sent_at, payload, epoch)
    select id, tenant_id, conversation_id, contact_id, 'whatsapp', '100000000000001', external_id, 'inbound', 'contact', 'text',
      body, 'received', now(), payload, 0
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::jsonb[])
      as message (id, tenant_id, conversation_id, contact_id, external_id, body, payload)`,
  domainEvents: `insert into millrace.domain_events (id, tenant_id, type, subject_id, payload)
    select id, tenant_id, 'message.received', subject_id, payload
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[]) as event (id, tenant_id, subject_id, payload)`,
};

/**
 * Writes the same number of rows as texts do, by set-based SQL alone: without a queue, without any decision, and with every
 * id known before. Returns texts per second.
 */
export async function runSetBased(
  database: Database,
  events: readonly InboundEvent[],
  withTurns: boolean,
): Promise<number> {
  const people = await readPeople(database);
  const rows = events.map((event) => rowOf(event, people));
  const batches = Array.from({ length: Math.ceil(rows.length / BATCH) }, (_, index) =>
    rows.slice(index * BATCH, (index + 1) * BATCH),
  );
  const startedAt = performance.now();
  const work = async () => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) await writeBatch(database, batch, withTurns);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return events.length / ((performance.now() - startedAt) / 1000);
}

type Row = ReturnType<typeof rowOf>;

function rowOf(event: InboundEvent, people: ReadonlyMap<string, Person>) {
  const { message } = event.payload as { message: { from: string; id: string; text: { body: string } } };
  const person = people.get(message.from);
  if (!person) throw new Error("the load has a person without rows");
  const payload = JSON.stringify(event.payload);
  const hash = createHash("sha256").update(payload).digest("hex");
  return { ...person, eventId: event.id, hash, payload, externalId: message.id, body: message.text.body, id: uuidv7() };
}

async function writeBatch(database: Database, batch: readonly Row[], withTurns: boolean): Promise<void> {
  const column = <Key extends keyof Row>(key: Key) => batch.map((row) => row[key]);
  const newIds = () => batch.map(() => uuidv7());
  const followUps = column("conversationId").map((id) => (withTurns ? JSON.stringify([{ kind: "turn", id }]) : null));
  await database.sql.begin(async (tx) => {
    const run = (statement: string, ...columns: unknown[][]) =>
      tx.unsafe(statement, columns as never[], { prepare: true });
    await run(STATEMENTS.events, newIds(), column("eventId"), column("hash"), followUps);
    await run(STATEMENTS.conversations, column("conversationId"));
    if (withTurns) await run(STATEMENTS.turns, newIds(), column("tenantId"), column("conversationId"));
    const owners = [column("tenantId"), column("conversationId"), column("contactId")];
    await run(STATEMENTS.messages, column("id"), ...owners, column("externalId"), column("body"), column("payload"));
    await run(STATEMENTS.domainEvents, newIds(), column("tenantId"), column("id"), column("payload"));
  });
}

async function readPeople(database: Database): Promise<ReadonlyMap<string, Person>> {
  const people = await database.sql.unsafe<Person[]>(
    `select external_id as phone, identity.contact_id as "contactId", conversation.id as "conversationId",
       identity.tenant_id as "tenantId"
     from contact_identities as identity join conversations as conversation using (contact_id)`,
  );
  return new Map(people.map((person) => [person.phone, person]));
}
