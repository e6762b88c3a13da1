import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { withDeadline } from "@millrace/core";
import { guardTransactions } from "./lost-connection.ts";
import { closeReadOnlySessions } from "./read-only.ts";
import * as schema from "../schema/index.ts";

/** A pool of connections to Postgres. */
export type Database = {
  orm: ReturnType<typeof drizzle<typeof schema>>;
  /** The same pool without the query builder, for constant statements of the hot path; see packages/db/src/batches. */
  sql: postgres.Sql;
  /** The size of the pool. */
  maxConnections: number;
  /** Rejects unless Postgres answers within a second, and while it is read-only. */
  ping(): Promise<void>;
  /** Ends the pool, waiting at most 5 s for running statements. */
  close(): Promise<void>;
};

/** The pool that {@link openDatabase} opens. */
export type DatabaseOptions = {
  maxConnections: number;
  /** The name of the sessions in `pg_stat_activity`. */
  name: string;
  /**
   * Closes a connection after this time without any traffic, in s, because its server may be gone: a lost network sends no
   * end of a connection, and the kernel reports it after about 15 minutes. A longer statement fails, too. The default is
   * {@link SILENCE_SECONDS}.
   */
  silenceSeconds?: number;
};

/**
 * How long Postgres may be silent, in s: longer than a send holds the takeover lock, and shorter than the timeout of a job,
 * which uses an attempt.
 */
const SILENCE_SECONDS = 25;

/** How long a ping may take, in ms. Health probes wait a second or a little more. */
const PING_DEADLINE_MS = 1_000;

/** Raises the error of a write on a read-only server, and writes nothing. */
const REFUSE_READ_ONLY = `
  do $do$ begin
    if current_setting('transaction_read_only') = 'on' then raise sqlstate '25006'; end if;
  end $do$`;

/** A transaction, or the pool itself. */
export type Executor = Pick<Database["orm"], "select" | "selectDistinct" | "insert" | "update" | "delete" | "execute">;

/**
 * Opens a pool, which connects on first use. A pooler in transaction mode (Supabase's port 6543) does not support
 * prepared statements: set `?prepare=false` in the URL, which postgres.js reads. Statements that every event executes
 * have a name by `.prepare(…)`, because drizzle does not prepare others and those take two round trips.
 */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const { maxConnections, name, silenceSeconds = SILENCE_SECONDS } = options;
  const settings: postgres.Options<Record<string, never>> & { silence_timeout?: number } = {
    max: maxConnections,
    connect_timeout: 5,
    // Seconds between attempts to reconnect. The default of postgres.js grows to 20 s, long after Postgres returned.
    backoff: (attempts: number) => Math.min(1, 0.05 * 2 ** attempts),
    connection: { application_name: name },
    onnotice: () => undefined,
    silence_timeout: silenceSeconds,
    idle_timeout: silenceSeconds / 2,
  };
  const client = closeReadOnlySessions(guardTransactions(postgres(url, settings)), maxConnections);
  return {
    maxConnections,
    orm: drizzle(client, { schema }),
    sql: client,
    ping: async () => {
      await withDeadline(client.unsafe(REFUSE_READ_ONLY), PING_DEADLINE_MS);
    },
    close: () => client.end({ timeout: 5 }),
  };
}
