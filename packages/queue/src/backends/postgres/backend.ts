import type { Socket } from "node:net";
import { type BackendFactory, createPostgresBackend, type IQueueBackend, runMigrations } from "bullmq";
import pg from "pg";
import { type BackendRole, PRODUCER_TIMEOUT_MS, type StoreBackend, type WaitingJob } from "../backend.ts";
import { bullmqClasses } from "../bullmq-classes.ts";
import { type BullConnection, correctedConnection } from "./connection.ts";
import { listenAgain } from "./listen.ts";
import { lockByDatabaseClock } from "./lock-clock.ts";
import { discardReadOnly } from "./read-only.ts";
import { changeQueueSchema } from "./schema.ts";
import { installWriteCheck, writeRow } from "./write-row.ts";
import { createWriteCheck } from "../write-check.ts";

/** Timeout of a producer's query in ms; longer than that of its largest request. */
const QUERY_TIMEOUT_MS = 10_000;

/** How long a consumer waits for a connection, in ms. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * BullMQ 6.7 compares a job that completes with all completed jobs, to decide which of them to remove (`apply_retention`).
 * That takes most of the time of a job, so completed jobs are removed by `trimCompleted` instead.
 */
const KEEP_ALL = { age: -1, count: -1 };

/** `$1` is the queue, `$2` the age in s from which its completed jobs are old, and `$3` the number that stays. */
const TRIM_COMPLETED = `
  delete from job where queue = $1 and state = 'completed' and finished_at_ms <= greatest(
    (extract(epoch from clock_timestamp()) - $2::int) * 1000, (
    select finished_at_ms from job where queue = $1 and state = 'completed'
    order by finished_at_ms desc offset $3 limit 1))`;

/**
 * Opens a queue store on Postgres.
 * @param silenceMs Postgres's silence during a statement after which the connection is replaced
 */
export function openPostgresBackend(
  url: string,
  role: BackendRole,
  connections: number,
  silenceMs: number,
): StoreBackend {
  const pool = openPool(url, role, connections);
  pool.on("connect", (client) => endSilence(client, silenceMs));
  const bullConnections = new Set<BullConnection>();
  discardReadOnly(pool, bullConnections);
  const factory: BackendFactory<IQueueBackend, unknown> = (name, options, factoryOptions) => {
    const backend = createPostgresBackend(name, { ...options, connection: pool }, factoryOptions);
    bullConnections.add(correctedConnection(backend));
    return lockByDatabaseClock(listenAgain(backend));
  };
  const { queue, worker } = bullmqClasses(factory, {});
  return {
    kind: "postgres",
    queue,
    worker(name, process, settings) {
      // A worker keeps a connection for LISTEN.
      pool.options.max += 1;
      return worker(name, process, { ...settings, removeOnComplete: KEEP_ALL });
    },
    firstWaiting: (queue, count) => firstWaiting(pool, queue.name, count),
    removeWaiting: async ({ name }, jobIds) => {
      await pool.query("delete from job where queue = $1 and id = any($2::text[]) and state = 'waiting'", [
        name,
        jobIds,
      ]);
    },
    countWorkers: (queue) => queue.getWorkersCount(),
    dueAt: async ({ name }, jobId) => {
      const { rows } = await pool.query<{ process_at_ms: string }>(
        "select process_at_ms from job where queue = $1 and id = $2 and state = 'delayed'",
        [name, jobId],
      );
      return rows[0] && new Date(Number(rows[0].process_at_ms));
    },
    eraseEvents: async ({ name }) => {
      await pool.query("delete from event where queue = $1", [name]);
    },
    trimCompleted: async ({ name }, { age, count }) => {
      await pool.query(TRIM_COMPLETED, [name, age, count]);
    },
    migrate: async () => {
      const client = await pool.connect();
      try {
        await runMigrations(client);
        await changeQueueSchema(client);
        await installWriteCheck(client);
      } finally {
        client.release();
      }
    },
    checkWritable: createWriteCheck(
      () => writeRow(pool),
      () => performance.now(),
    ),
    close: () => pool.end(),
  };
}

/** BullMQ's statements do not name their schema. */
const SEARCH_PATH = "-c search_path=bullmq";

/**
 * A worker does not wait for the disk when it takes or completes a job. After a crash of Postgres, the jobs of its last
 * moment (https://www.postgresql.org/docs/current/wal-async-commit.html) run again, as after a crash of the worker. The
 * reconciler brings back follow-up jobs, and a job that waits for a scope looks at it again.
 */
const WITHOUT_WAIT = "-c synchronous_commit=off";

/** Reads the first jobs in the order in which BullMQ's `move_to_active` takes them. Replayed jobs have a priority. */
async function firstWaiting(pool: pg.Pool, queue: string, count: number): Promise<WaitingJob[]> {
  const { rows } = await pool.query<{ id: string; data: unknown; added_at_ms: string }>(
    "select id, data, added_at_ms from job where queue = $1 and state = 'waiting' and priority = 0 order by seq limit $2",
    [queue, count],
  );
  return rows.map(({ id, data, added_at_ms }) => ({ id, data, addedAt: new Date(Number(added_at_ms)) }));
}

function openPool(url: string, role: BackendRole, connections: number): pg.Pool & Record<string, unknown> {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "millrace-queue",
    keepAlive: true,
    max: connections,
    options: `${SEARCH_PATH}${role === "consumer" ? ` ${WITHOUT_WAIT}` : ""}`,
    ...(role === "producer"
      ? { connectionTimeoutMillis: PRODUCER_TIMEOUT_MS, query_timeout: QUERY_TIMEOUT_MS }
      : { connectionTimeoutMillis: CONNECT_TIMEOUT_MS }),
  });
  pool.on("error", () => undefined);
  // A checked-out connection that is lost between two statements emits the error itself, not through the pool. Without a
  // listener the process would exit.
  pool.on("connect", (client) => client.on("error", () => undefined));
  // Each queue and each worker listens for the pool's errors.
  pool.setMaxListeners(0);
  return pool as pg.Pool & Record<string, unknown>;
}

/**
 * Closes a connection that gets no answer. A lost network sends no end of a connection, and the kernel reports it after
 * about 15 minutes. A connection without a statement stays open, because it may wait for notifications.
 */
function endSilence(client: pg.PoolClient, silenceMs: number): void {
  const { connection } = client as unknown as { connection: { stream: Socket } };
  const { stream } = connection;
  stream.setTimeout(silenceMs);
  // A callback of setTimeout runs once only: it would be gone after the first time without a statement.
  stream.on("timeout", () => {
    const isIdle = (client as unknown as { readyForQuery: boolean }).readyForQuery;
    if (!isIdle) stream.destroy(new Error(`Postgres has not answered for ${silenceMs} ms`));
  });
}
