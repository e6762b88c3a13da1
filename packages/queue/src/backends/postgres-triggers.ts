import type pg from "pg";

/**
 * What BullMQ 6.7 does otherwise on Postgres than on Redis, put right by triggers:
 *
 * - It puts a job that is given back, or whose worker died, at the end of the line, on Redis at its head
 *   (`moveJobFromActiveToWait`, `moveStalledJobsToWait`). With `millrace_keep_place` it keeps its place on Postgres too.
 *   One that has failed and is tried again goes to the end on both: it has made an attempt.
 * - `promote` looks at a job's state and changes it in two steps. A worker that takes the job in between would have it
 *   taken away again and given to another, and both would do it. With `millrace_keep_claim` it stays whose it is:
 *   whatever else moves an active job to waiting takes its lock away.
 */
const TRIGGERS = `
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
  end
  $do$`;

/** Has BullMQ's tables keep a job's place and its claim. Repeating it changes nothing. */
export async function installQueueTriggers(client: pg.ClientBase): Promise<void> {
  await client.query(TRIGGERS);
}
