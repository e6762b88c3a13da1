import type pg from "pg";

/**
 * On Postgres BullMQ 6.7 puts a job that is given back, or whose worker died, at the end of the line, on Redis at its
 * head (`moveJobFromActiveToWait`, `moveStalledJobsToWait`). With this it keeps its place on Postgres too. One that has
 * failed and is tried again goes to the end on both: it has made an attempt.
 */
const KEEP_PLACE = `
  do $do$
  begin
    perform pg_advisory_xact_lock(hashtextextended('millrace_keep_place', 0));
    if exists (select from pg_trigger where tgname = 'millrace_keep_place' and tgrelid = 'bullmq.job'::regclass) then
      return;
    end if;
    create or replace function bullmq.millrace_keep_place() returns trigger language plpgsql as $place$
      begin
        new.seq := old.seq;
        return new;
      end
    $place$;
    create trigger millrace_keep_place before update on bullmq.job for each row
      when (old.state = 'active' and new.state = 'waiting' and new.attempts_made = old.attempts_made)
      execute function bullmq.millrace_keep_place();
  end
  $do$`;

/** Has BullMQ's tables keep the order of jobs that come back. Repeating it changes nothing. */
export async function keepPlaces(client: pg.ClientBase): Promise<void> {
  await client.query(KEEP_PLACE);
}
