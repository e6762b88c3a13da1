import {
  type BackendFactory,
  createPostgresBackend,
  type IQueueBackend,
  type Job,
  type JobProgress,
  Queue,
  runMigrations,
  Worker,
} from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import { withDeadline } from "@millrace/core";
import { createAtomicRedisBackend } from "./atomic-redis-backend.ts";
import { installQueueTriggers } from "./postgres-triggers.ts";

/** A queue, whatever keeps it. */
export type JobQueue = Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend, unknown>;

/** A worker, whatever keeps its queue. */
export type JobWorker = Worker<unknown, unknown, string, IQueueBackend, JobProgress, unknown>;

/** What a worker does with a job. The signal fires when its lock is lost. */
export type Processor = (job: Job, token: string | undefined, signal: AbortSignal | undefined) => Promise<unknown>;

/** Options of BullMQ's worker that Millrace sets. */
export type WorkerSettings = {
  autorun: boolean;
  concurrency: number;
  lockDuration: number;
  stalledInterval: number;
  maxStalledCount: number;
  removeOnComplete: { age: number; count: number };
  settings: { backoffStrategy: (attemptsMade: number) => number };
};

/** Where BullMQ keeps its jobs. Everything else here is the same on either. */
export type QueueBackend = {
  kind: "redis" | "postgres";
  queue(name: string): JobQueue;
  worker(name: string, process: Processor, settings: WorkerSettings): JobWorker;
  /** How many workers consume a queue now, in whatever process; undefined where the store does not tell. */
  countWorkers(queue: JobQueue): Promise<number | undefined>;
  /** Empties BullMQ's log of what became of a queue's jobs, which names them; nobody here reads it. */
  eraseEvents(queue: JobQueue): Promise<void>;
  /** Makes BullMQ's tables, where it needs any. Repeating it changes nothing. */
  migrate(): Promise<void>;
  /** Rejects unless the store answers within a second. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/**
 * How a process uses the queue. A `producer` must answer its caller: a command fails at once while the store is away
 * and the producer gives up after `PRODUCER_TIMEOUT_MS` while it is silent. A `consumer` waits until it is back.
 */
export type Role = "producer" | "consumer";

/** How long one round trip of a producer may take, in ms; below the second that a webhook's caller waits for a 503. */
export const PRODUCER_TIMEOUT_MS = 800;

/** When a producer's connection to Postgres is given up that says nothing, in ms: longer than its largest request may take. */
const SILENCE_MS = 10_000;

/** How long a ping may take, in ms; probes wait a second or a little more. */
const PING_DEADLINE_MS = 1_000;

/**
 * Opens the queue's store by the scheme of its URL: `redis://`, `rediss://`, `postgres://` or `postgresql://`.
 * On Postgres all queues share a pool of `connections`, and each worker has one more; on Redis one connection serves all.
 */
export function openQueueBackend(url: string, role: Role, connections: number): QueueBackend {
  const { protocol } = new URL(url);
  if (protocol === "redis:" || protocol === "rediss:") return redisBackend(url, role);
  if (protocol === "postgres:" || protocol === "postgresql:") return postgresBackend(url, role, connections);
  throw new Error(`no queue backend for ${protocol}//`);
}

function redisBackend(url: string, role: Role): QueueBackend {
  const client = new Redis(url, {
    retryStrategy: (times) => Math.min(times * 100, 1_000),
    ...(role === "producer"
      ? {
          maxRetriesPerRequest: 0,
          enableOfflineQueue: false,
          connectTimeout: 2_000,
        }
      : { maxRetriesPerRequest: null }),
  });
  // Every command reports its own failure; without a listener ioredis prints to the console.
  client.on("error", () => undefined);
  // A producer asks Redis nothing before it adds; a worker needs its version, to block for parts of a second.
  const producerOnly =
    role === "producer" ? { skipWaitingForReady: true, skipMetasUpdate: true, skipVersionCheck: true } : {};
  const factory: BackendFactory<IQueueBackend, unknown> = (name, options, factoryOptions) =>
    createAtomicRedisBackend(name, { ...options, ...producerOnly, connection: client }, factoryOptions);
  return {
    kind: "redis",
    ...classes(factory, producerOnly),
    countWorkers: async (queue) => {
      const workers = await queue.getWorkers();
      // A Redis that does not list its clients has BullMQ make one up.
      if (workers.some(({ rawname }) => rawname === undefined)) return undefined;
      // The clients of a server's other databases are listed too.
      return workers.filter(({ db }) => db === String(client.options.db ?? 0)).length;
    },
    eraseEvents: async (queue) => {
      await client.xtrim(queue.toKey("events"), "MAXLEN", 0);
    },
    migrate: () => Promise.resolve(),
    ping: async () => {
      await withDeadline(client.ping(), PING_DEADLINE_MS);
    },
    close: async () => {
      client.disconnect();
    },
  };
}

function postgresBackend(url: string, role: Role, connections: number): QueueBackend {
  const settings = {
    connectionString: url,
    application_name: "millrace-queue",
    keepAlive: true,
    ...(role === "producer"
      ? { connectionTimeoutMillis: PRODUCER_TIMEOUT_MS, query_timeout: SILENCE_MS }
      : { connectionTimeoutMillis: 5_000 }),
  };
  // BullMQ's statements name no schema.
  const pool = new pg.Pool({ ...settings, max: connections, options: "-c search_path=bullmq" }) as pg.Pool &
    Record<string, unknown>;
  pool.on("error", () => undefined);
  // A connection that is taken out of the pool, and lost between two statements, tells it to nobody else: without a
  // listener of ours the process would end.
  pool.on("connect", (client) => client.on("error", () => undefined));
  // Each queue and each worker listens for its errors.
  pool.setMaxListeners(0);
  const factory: BackendFactory<IQueueBackend, unknown> = (name, options, factoryOptions) =>
    createPostgresBackend(name, { ...options, connection: pool }, factoryOptions);
  const { queue, worker } = classes(factory, {});
  return {
    kind: "postgres",
    queue,
    worker(name, process, settings) {
      // A worker keeps a connection for itself, to be told of new jobs.
      pool.options.max += 1;
      return worker(name, process, settings);
    },
    countWorkers: (queue) => queue.getWorkersCount(),
    eraseEvents: async ({ name }) => {
      await pool.query("delete from event where queue = $1", [name]);
    },
    migrate: async () => {
      const client = await pool.connect();
      try {
        await runMigrations(client);
        await installQueueTriggers(client);
      } finally {
        client.release();
      }
    },
    ping: async () => {
      await withDeadline(pool.query("select 1"), PING_DEADLINE_MS);
    },
    close: () => pool.end(),
  };
}

/** How long a worker waits in ms before it asks a store again that was away; BullMQ's own 15 s are long for a restart. */
const RUN_RETRY_DELAY_MS = 1_000;

/** BullMQ's classes over a factory that holds the connection itself. */
function classes(
  factory: BackendFactory<IQueueBackend, unknown>,
  queueOptions: { skipMetasUpdate?: boolean },
): Pick<QueueBackend, "queue" | "worker"> {
  const connection = "held by the factory";
  return {
    queue: (name) =>
      quiet(
        new Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend, unknown>(
          name,
          { connection, ...queueOptions },
          factory,
        ),
      ),
    worker: (name, process, settings) =>
      quiet(
        new Worker<unknown, unknown, string, IQueueBackend, JobProgress, unknown>(
          name,
          process,
          { connection, runRetryDelay: RUN_RETRY_DELAY_MS, ...settings },
          factory,
        ),
      ),
  };
}

/** BullMQ emits connection errors on every object; each command rejects with its own all the same. */
function quiet<T extends { on(event: "error", listener: () => void): unknown }>(emitter: T): T {
  emitter.on("error", () => undefined);
  return emitter;
}
