import postgres from "postgres";
import { until } from "../until.ts";

/** The tables that grow with the traffic. */
const LARGE_TABLES = [
  "cases",
  "contacts",
  "contact_identities",
  "conversations",
  "conversion_uploads",
  "dead_letters",
  "messages",
  "paused_jobs",
  "message_statuses",
  "replay_items",
  "webhook_events",
];

/** The share of a table's rows that a command may fetch: a report of 31 of 90 days fetches a third. */
const LARGEST_SHARE = 0.5;

type Reads = { table: string; rows: number; scans: number; fetched: number };

/**
 * Makes Postgres avoid sequential scans in all later sessions of a database. A table of a test is small, so that Postgres
 * would scan it in spite of its indexes. With this setting it scans a table only if no index fits.
 */
export async function avoidSequentialScans(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  await sql.unsafe(`alter database ${new URL(url).pathname.slice(1)} set enable_seqscan = off`);
  await sql.end();
}

/**
 * Runs work on a database that nothing else uses, and waits until its connections have ended. Returns the large tables that
 * it read in full: by a sequential scan, or by an index scan that fetched more than half of the rows. A scan of an index
 * alone does not count.
 */
export async function tablesReadInFull(url: string, work: () => Promise<unknown>): Promise<string[]> {
  const sql = postgres(url, { max: 1 });
  try {
    const before = await readsSoFar(sql);
    await work();
    const after = await readsSoFar(sql);
    return after.flatMap(({ table, rows, scans, fetched }) => {
      const earlier = before.find((one) => one.table === table);
      const scanned = scans - (earlier?.scans ?? 0);
      const share = (fetched - (earlier?.fetched ?? 0)) / rows;
      return scanned > 0 || share > LARGEST_SHARE
        ? [`${table}: ${scanned} sequential scans, ${Math.round(share * 100)} % of the rows`]
        : [];
    });
  } finally {
    await sql.end();
  }
}

/** Postgres counts the reads of a session at the latest when it ends. */
async function readsSoFar(sql: postgres.Sql): Promise<Reads[]> {
  await until("no other session uses the database", async () => {
    const others = await sql`select from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;
    return others.length === 0;
  });
  return sql<Reads[]>`
    select statistics.relname as table, greatest(reltuples, 1)::float8 as rows, seq_scan::float8 as scans,
      coalesce(idx_tup_fetch, 0)::float8 as fetched
    from pg_stat_user_tables as statistics join pg_class on pg_class.oid = relid
    where statistics.relname = any(${LARGE_TABLES})`;
}
