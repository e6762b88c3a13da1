import type { openRows } from "@millrace/testing/servers";
import { whatsappTexts } from "../events.ts";

/** Inserts dead letters of texts that took no effect, in one statement. */
export async function insertDeadLetters(rows: ReturnType<typeof openRows>, count: number, run: string): Promise<void> {
  const [text] = whatsappTexts(1, "x");
  const payload = JSON.stringify(text?.payload);
  await rows.rows(`
    with texts as (
      select number, 'message.100000000000001.wamid.dead' || '${run}' || number as event_id,
        jsonb_set(jsonb_set('${payload}'::jsonb, '{message,id}', to_jsonb('wamid.dead' || '${run}' || number)),
          '{message,from}', to_jsonb('4917' || lpad((number % 5000)::text, 8, '0'))) as payload
      from generate_series(1, ${count}) as number
    ), events as (
      insert into millrace.webhook_events (id, integration, event_id, kind, payload_hash, status, error, correlation_id, received_at)
      select gen_random_uuid(), 'whatsapp', event_id, 'message', '', 'dead', 'failed', 'dead', now() from texts
    )
    insert into millrace.dead_letters (id, queue, job_id, integration, event_id, kind, payload, payload_hash, error_kind, error,
      attempts, state, correlation_id, received_at, first_failed_at, failed_at)
    select gen_random_uuid(), 'whatsapp-inbound', event_id, 'whatsapp', event_id, 'message', payload, '', 'retryable',
      'failed', 8, 'dead', 'dead', now(), now(), now()
    from texts`);
}
