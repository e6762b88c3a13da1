import type { Socket } from "node:net";
import { type BackendFactory, createPostgresBackend, type IQueueBackend, runMigrations } from "bullmq";
import pg from "pg";
import { type BackendRole, PRODUCER_TIMEOUT_MS, type StoreBackend } from "./backend.ts";
import { bullmqClasses } from "./bullmq-classes.ts";
import { type BullConnection, restartable } from "./postgres-connection.ts";
import { listenAgain } from "./postgres-listen.ts";
import { lockByDatabaseClock } from "./postgres-lock-clock.ts";
import { discardReadOnly } from "./postgres-read-only.ts";
import { installQueueTriggers } from "./postgres-triggers.ts";
import { installWriteCheck, writeRow } from "./postgres-write-check.ts";
import { createWriteCheck } from "./write-check.ts";

/** Timeout of a producer's query in ms; longer than that of its largest request. */
const QUERY_TIMEOUT_MS = 10_000;

/** How long a consumer waits for a connection, in ms. */
const CONNECT_TIMEOUT_MS = 5_000;

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
    bullConnections.add(restartable(backend));
    return lockByDatabaseClock(listenAgain(backend));
  };
  const { queue, worker } = bullmqClasses(factory, {});
  return {
    kind: "postgres",
    queue,
    worker(name, process, settings) {
      // A worker keeps a connection for LISTEN.
      pool.options.max += 1;
      return worker(name, process, settings);
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
    migrate: async () => {
      const client = await pool.connect();
      try {
        await runMigrations(client);
        await installQueueTriggers(client);
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

function openPool(url: string, role: BackendRole, connections: number): pg.Pool & Record<string, unknown> {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "millrace-queue",
    keepAlive: true,
    max: connections,
    // BullMQ's statements do not name their schema.
    options: "-c search_path=bullmq",
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
