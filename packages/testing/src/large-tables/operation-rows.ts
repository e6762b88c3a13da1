import { TENANT } from "./conversation-rows.ts";

/** Statements that insert events, dead letters, replays, pauses, conversions and audit entries. */
export function operationRows(messages: number): string[] {
  const events = Math.floor(messages * 0.475);
  const deadLetters = messages / 10;
  const batches = messages / 200;
  return [
    `insert into millrace.webhook_events (id, integration, event_id, kind, payload_hash, status, result, correlation_id,
       received_at)
     select pg_temp.id('event', number, ${events}), (${INTEGRATIONS})[1 + number % 20], 'message.777.wamid.' || number,
       'message', md5(number::text), 'done', 'written', md5('request' || number), pg_temp.at(number, ${events})
     from generate_series(1, ${events}) as number`,
    `insert into millrace.webhook_events (id, integration, event_id, kind, payload_hash, status, error, correlation_id,
       received_at)
     select pg_temp.id('dead event', number, ${deadLetters}), 'whatsapp', 'dead.' || number, 'message',
       md5(number::text), case when number % 4 = 0 then 'done' when number % 5 = 0 then 'discarded' else 'dead' end,
       'failed', md5('dead request' || number), pg_temp.at(number, ${deadLetters})
     from generate_series(1, ${deadLetters}) as number`,
    `insert into millrace.dead_letters (id, queue, job_id, integration, event_id, kind, payload, payload_hash, account,
       tenant_id, error_kind, error, attempts, state, correlation_id, received_at, first_failed_at, failed_at,
       followed_up_at)
     select pg_temp.id('dead letter', number, ${deadLetters}), (${QUEUES})[1 + number % 3], 'dead.' || number, 'whatsapp',
       'dead.' || number, 'message', jsonb_build_object('from', (4915100000000 + number)::text, 'type', 'text',
         'text', repeat('Is the blue one still there? ', 12), 'id', 'wamid.' || md5(number::text)), md5(number::text),
       '777', case when number % 2 = 0 then ${TENANT}::uuid end,
       case when number % 3 = 0 then 'permanent' else 'retryable' end,
       case when number % 3 = 0 then 'message wamid.' || md5(number::text) || ' has an unknown type'
         else 'HTTP 400 with code ' || number % 97 || ': the recipient is not in the allowed list' end,
       8, case when number % 4 = 0 then 'resolved' when number % 5 = 0 then 'discarded' else 'dead' end,
       md5('dead request' || number), pg_temp.at(number, ${deadLetters}), pg_temp.at(number, ${deadLetters}),
       pg_temp.at(number, ${deadLetters}), now()
     from generate_series(1, ${deadLetters}) as number`,
    `insert into millrace.replays (id, state, actor, selection, rate, total)
     select pg_temp.id('replay', number, 20), 'done', 'grace', '{}', 10, ${deadLetters / 20}
     from generate_series(1, 20) as number`,
    `insert into millrace.replay_items (replay_id, dead_letter_id, state, completed_at)
     select pg_temp.id('replay', 1 + number % 20, 20), pg_temp.id('dead letter', number, ${deadLetters}),
       case when number % 4 = 0 then 'resolved' else 'dead' end, now()
     from generate_series(1, ${deadLetters}) as number`,
    `insert into millrace.pauses (scope, kind, reason, until) values ('whatsapp:777', 'paused', 'the token expired', '9999-12-31')`,
    `insert into millrace.paused_jobs (queue, job_id, scope)
     select 'whatsapp-outbound', 'send.' || number, 'whatsapp:777' from generate_series(1, ${deadLetters}) as number`,
    `insert into millrace.conversion_batches (id, integration, account_id, action_id, state, size, errors, warnings,
       created_at)
     select pg_temp.id('batch', number, ${batches}), 'google', '1', '7001',
       case when number % 50 = 0 then 'partial' else 'success' end, 20,
       case when number % 50 = 0 then '[{"reason": "INVALID_GCLID", "count": 1}]'::jsonb else '[]' end, '[]',
       pg_temp.at(number, ${batches})
     from generate_series(1, ${batches}) as number`,
    `insert into conversion_uploads (id, tenant_id, integration, event_id, transaction_id, account_id,
       conversion_action_id, status, converted_at, batch_id, error, payload, created_at)
     select pg_temp.id('conversion', number, ${deadLetters}), ${TENANT}, 'google', 'sale.' || number, 'sale.' || number,
       '1', '7001', case when number % 100 = 0 then 'held' when number % 50 = 0 then 'rejected' else 'processed' end,
       pg_temp.at(number, ${deadLetters}), pg_temp.id('batch', 1 + (number - 1) / 20, ${batches}),
       case when number % 100 = 0 then 'switched_off' when number % 50 = 0 then 'EVENT_TOO_OLD' end,
       jsonb_build_object('transactionId', number, 'gclid', md5(number::text)), pg_temp.at(number, ${deadLetters})
     from generate_series(1, ${deadLetters}) as number`,
    `insert into millrace.audit_log (id, actor, action, subject, reason, before, after, created_at)
     select pg_temp.id('audit', number, ${batches}), (array['ada', 'grace'])[1 + number % 2], 'dead_letters.discarded',
       'dead_letters', 'not needed', '{"state": "dead"}', '{"state": "discarded"}', pg_temp.at(number, ${batches})
     from generate_series(1, ${batches}) as number`,
  ];
}

/** The integrations of 20 consecutive events, as SQL. */
const INTEGRATIONS = `array_fill('whatsapp'::text, array[16]) || array['telegram', 'telegram', 'meta', 'n8n']`;

const QUEUES = "array['whatsapp-inbound', 'whatsapp-outbound', 'n8n-ai']";
