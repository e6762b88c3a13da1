import type pg from "pg";

/** The body of `add_jobs_bulk_unlocked`. No job of Millrace has a parent, a scheduler or a deduplication. */
const ADD_JOBS = `
begin
  return query with entry as (
    select place, coalesce(nullif(value ->> 'id', ''), gen_random_uuid()::text) as id, value ->> 'name' as name,
      coalesce((value ->> 'data')::jsonb, '{}') as data, coalesce(value -> 'opts', '{}') as opts,
      coalesce((value ->> 'priority')::int, 0) as priority, coalesce((value ->> 'delay')::bigint, 0) as delay_ms,
      coalesce((value ->> 'timestamp')::bigint, 0) as added_at_ms, coalesce((value ->> 'attempts')::int, 1) as attempts
    from jsonb_array_elements(p_entries) with ordinality as element (value, place)
    order by place
  ), placed as (
    select entry.*, nextval('job_seq') as seq from entry
  ), added as (
    insert into job (queue, id, seq, name, state, data, opts, priority, delay_ms, max_attempts, added_at_ms,
      process_at_ms, pending_deps)
    select p_queue, id, seq, name, case when delay_ms > 0 then 'delayed' else 'waiting' end::job_state, data, opts,
      priority, delay_ms, attempts, added_at_ms, case when delay_ms > 0 then added_at_ms + delay_ms end, 0
    from placed
    order by id, place
    on conflict (queue, id) do nothing
    returning id
  ), announced as (
    select pg_notify('bullmq_jobs', p_queue) from added limit 1
  )
  select entry.id from entry cross join (select count(*) from announced) as announcement order by place;
end`;

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
 * Two functions cost less:
 *
 * - `publish_event` does nothing. Each job would write four rows to a log of events that Millrace does not read.
 * - `add_jobs_bulk_unlocked` adds jobs by one statement. BullMQ creates and drops two temporary tables with each call,
 *   which takes longer than all the rest of a job, also in the catalogs of Postgres.
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
    if not exists (
      select from pg_proc where oid = 'bullmq.add_jobs_bulk_unlocked(text, jsonb)'::regprocedure and prosrc = $add$${ADD_JOBS}$add$
    ) then
      create or replace function bullmq.add_jobs_bulk_unlocked(p_queue text, p_entries jsonb) returns setof text
        language plpgsql set search_path = bullmq as $add$${ADD_JOBS}$add$;
    end if;
  end
  $do$`;

/** Changes BullMQ's tables and functions. Repeating it changes nothing. */
export async function changeQueueSchema(client: pg.ClientBase): Promise<void> {
  await client.query(CHANGES);
}
