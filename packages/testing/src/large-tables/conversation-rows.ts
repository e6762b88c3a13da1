/** Id, as SQL, of the only tenant. */
export const TENANT = "'0190a000-0000-7000-8000-000000000001'";

const FIRST_NAMES = "'{Ada,Grace,Alan,Edsger,Barbara,Donald,Frances,Ken,Radia,Linus}'";
const LAST_NAMES = "'{Lovelace,Hopper,Turing,Dijkstra,Liskov,Knuth,Allen,Thompson,Perlman,Torvalds}'";

/** Statements that insert a tenant with its contacts, conversations and messages. */
export function conversationRows(messages: number): string[] {
  const people = messages / 4;
  const conversation = `pg_temp.id('conversation', 1 + (number::bigint * 7919) % ${people}, ${people})`;
  const contact = `pg_temp.id('contact', 1 + (number::bigint * 7919) % ${people}, ${people})`;
  return [
    `insert into tenants (id, name) values (${TENANT}, 'Mill')`,
    `insert into millrace.provider_accounts (id, tenant_id, provider, external_id)
     values (${TENANT}, ${TENANT}, 'whatsapp', '777')`,
    `insert into contacts (id, tenant_id, name, phone, email)
     select pg_temp.id('contact', number, ${people}), ${TENANT},
       (${FIRST_NAMES}::text[])[1 + number % 10] || ' ' || (${LAST_NAMES}::text[])[1 + number / 10 % 10] || ' ' || number,
       (4915100000000 + number)::text, case when number % 10 = 0 then 'person' || number || '@example.com' end
     from generate_series(1, ${people}) as number`,
    `insert into contact_identities (id, tenant_id, contact_id, channel, external_id, stable)
     select pg_temp.id('identity', number, ${people}), ${TENANT}, pg_temp.id('contact', number, ${people}), 'whatsapp',
       (4915100000000 + number)::text, false
     from generate_series(1, ${people}) as number`,
    `insert into cases (id, tenant_id, contact_id, opened_at)
     select pg_temp.id('case', number, ${people}), ${TENANT}, pg_temp.id('contact', number, ${people}),
       pg_temp.at(number, ${people})
     from generate_series(1, ${people}) as number`,
    `insert into conversations (id, tenant_id, case_id, contact_id, channel, account_id, thread_id, kind, mode,
       last_position, last_message_at)
     select pg_temp.id('conversation', number, ${people}), ${TENANT}, pg_temp.id('case', number, ${people}),
       pg_temp.id('contact', number, ${people}), 'whatsapp', '777', pg_temp.id('contact', number, ${people})::text,
       'direct', 'ai', ${messages}, pg_temp.at(number, ${people})
     from generate_series(1, ${people}) as number`,
    `insert into messages (id, tenant_id, conversation_id, contact_id, channel, account_id, external_id, direction, author,
       type, body, status, position, sent_at, payload)
     select pg_temp.id('message', number, ${messages}), ${TENANT}, ${conversation}, ${contact}, 'whatsapp', '777',
       case when number % 2 = 0 or number < ${messages} - 100 then 'wamid.' || md5(number::text) end,
       case when number % 2 = 0 then 'inbound' else 'outbound' end, case when number % 2 = 0 then 'contact' else 'ai' end,
       'text', 'Question ' || number || ': is the blue one still there?',
       case when number % 2 = 0 then 'received' when number < ${messages} - 100 then 'read' else 'queued' end,
       case when number % 2 = 1 then number end, pg_temp.at(number, ${messages}),
       jsonb_build_object('id', 'wamid.' || md5(number::text), 'from', (4915100000000 + number)::text, 'type', 'text',
         'text', jsonb_build_object('body', 'Question ' || number || ': is the blue one still there?'))
     from generate_series(1, ${messages}) as number`,
    `insert into message_statuses (id, channel, account_id, external_id, status, at, payload)
     select pg_temp.id(status, number, ${messages}), 'whatsapp', '777', 'wamid.' || md5(number::text), status,
       pg_temp.at(number, ${messages}), jsonb_build_object('id', 'wamid.' || md5(number::text), 'status', status,
         'recipient_id', (4915100000000 + number)::text)
     from generate_series(1, ${messages} - 100, 2) as number, unnest('{delivered,read}'::text[]) as status`,
  ];
}
