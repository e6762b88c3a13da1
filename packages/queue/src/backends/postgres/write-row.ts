import type pg from "pg";

/** A table of one row. Updating it proves that Postgres writes, syncs and, where it must, replicates. */
const TABLE = `
  do $do$
  begin
    perform pg_advisory_xact_lock(hashtextextended('millrace_write_check', 0));
    create table if not exists bullmq.millrace_write_check (
      id int primary key check (id = 1),
      written_at timestamptz not null
    );
    insert into bullmq.millrace_write_check values (1, now()) on conflict do nothing;
  end
  $do$`;

/** Creates the table. Repeating it changes nothing. */
export async function installWriteCheck(client: pg.ClientBase): Promise<void> {
  await client.query(TABLE);
}

/** Updates the row. Rejects when Postgres does not accept writes, or when the table does not exist yet. */
export async function writeRow(pool: pg.Pool): Promise<void> {
  // The connections of a worker do not wait for the disk otherwise.
  await pool.query(`update bullmq.millrace_write_check set written_at = now()
    where set_config('synchronous_commit', 'on', true) = 'on'`);
}
