import type pg from "pg";

/**
 * Changes that BullMQ 6.7 needs on Postgres. Two triggers make it behave as on Redis:
 *
 * - `millrace_keep_place`: BullMQ moves a returned or stalled job to the end of the queue on Postgres, and to its head on
 *   Redis (`moveJobFromActiveToWait`, `moveStalledJobsToWait`). The trigger keeps the job's position. A job that is
 *   retried after a failure moves to the end on both stores, because it used an attempt.
 * - `millrace_keep_claim`: `promote` reads a job's state and changes it in two steps. When a worker takes the job between
 *   them, `promote` would return it to the queue and a second worker would run it too. The trigger ignores that update.
 *   It recognizes it by the lock: everything else that moves an active job to waiting removes the lock.
 *
 * And `publish_event` does nothing. Each job would write four rows to a log of events that Millrace does not read.
 */
const CHANGES = `
  do $do$
  begin
    perform pg_advisory_xact_lock(hashtextextended('millrace_keep_place', 0));
    if not exists (select from pg_trigger where tgname = 'millrace_keep_place' and tgrelid = 'bullmq.job'::regclass) then
      create or replace function bullmq.millrace_keep_place() returns trigger language plpgsql as $place$
        begin
          new.seq := old.seq;
          return new;
        end
      $place$;
      create trigger millrace_keep_place before update on bullmq.job for each row
        when (old.state = 'active' and new.state = 'waiting' and new.attempts_made = old.attempts_made)
        execute function bullmq.millrace_keep_place();
    end if;
    if not exists (select from pg_trigger where tgname = 'millrace_keep_claim' and tgrelid = 'bullmq.job'::regclass) then
      create or replace function bullmq.millrace_keep_claim() returns trigger language plpgsql as $claim$
        begin
          return null;
        end
      $claim$;
      create trigger millrace_keep_claim before update on bullmq.job for each row
        when (old.state = 'active' and new.state = 'waiting' and new.lock_token = old.lock_token)
        execute function bullmq.millrace_keep_claim();
    end if;
    if not exists (
      select from pg_proc where oid = 'bullmq.publish_event(text, text, jsonb)'::regprocedure
        and prosrc = 'select null::bigint'
    ) then
      create or replace function bullmq.publish_event(p_queue text, p_event text, p_data jsonb) returns bigint
        language sql as 'select null::bigint';
    end if;
  end
  $do$`;

/** Changes BullMQ's tables and functions. Repeating it changes nothing. */
export async function changeQueueSchema(client: pg.ClientBase): Promise<void> {
  await client.query(CHANGES);
}
