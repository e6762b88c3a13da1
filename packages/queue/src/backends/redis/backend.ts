import { once } from "node:events";
import type { BackendFactory, IQueueBackend, JobsOptions } from "bullmq";
import { Redis } from "ioredis";
import { createAtomicRedisBackend } from "./atomic-backend.ts";
import type { BackendRole, JobQueue, StoreBackend, WaitingJob } from "../backend.ts";
import { bullmqClasses } from "../bullmq-classes.ts";
import { CompactJob, complete } from "./compact-job.ts";
import { isFailover } from "./failover.ts";
import { writeOncePerTick } from "./one-write-per-tick.ts";
import { createWriteCheck } from "../write-check.ts";

/** How long a producer waits for any response before it reconnects, in ms. */
const PRODUCER_SOCKET_TIMEOUT_MS = 2_000;

/** BullMQ sorts the delayed jobs of one ms by their order (`getDelayedScore.lua`). */
const DELAYED_SCORES_PER_MS = 0x1000;

/**
 * BullMQ keeps about 10,000 entries of each queue's event log by default, some 1 MB a queue. Millrace does not read it.
 * https://docs.bullmq.io/guide/events#auto-trimming
 */
const SHORT_EVENT_LOG = { streams: { events: { maxLen: 0 } } };

/**
 * Opens a queue store on Redis.
 * @param silenceMs how long a consumer waits for any response before it reconnects
 */
export function openRedisBackend(url: string, role: BackendRole, silenceMs: number): StoreBackend {
  // BullMQ duplicates this client for the blocking commands of each worker. The duplicate has the same options.
  const client = new Redis(url, {
    retryStrategy: (times) => Math.min(times * 100, 1_000),
    reconnectOnError: isFailover,
    // A Redis that loads its data estimates the rest of the time, and ioredis would wait for that long.
    maxLoadingRetryTime: 1_000,
    ...(role === "producer"
      ? {
          maxRetriesPerRequest: 0,
          enableOfflineQueue: false,
          connectTimeout: 2_000,
          socketTimeout: PRODUCER_SOCKET_TIMEOUT_MS,
        }
      : { maxRetriesPerRequest: null, socketTimeout: silenceMs }),
  });
  // Every command rejects with its own error; without a listener ioredis prints to the console.
  client.on("error", () => undefined);
  client.on("connect", () => writeOncePerTick(client.stream));
  // A producer sends Redis nothing before it adds jobs. A worker needs the version, to block for parts of a second.
  const producerOnly =
    role === "producer" ? { skipWaitingForReady: true, skipMetasUpdate: true, skipVersionCheck: true } : {};
  const factory: BackendFactory<IQueueBackend, unknown> = (name, options, factoryOptions) =>
    createAtomicRedisBackend(name, { ...options, ...producerOnly, connection: client }, factoryOptions);
  const checkWrite = createWriteCheck(
    () => writeKey(client),
    () => performance.now(),
  );
  return {
    kind: "redis",
    ...bullmqClasses(factory, { ...producerOnly, ...SHORT_EVENT_LOG }, CompactJob),
    firstWaiting: (queue, count) => firstWaiting(client, queue, count),
    removeWaiting: async (queue, jobIds) => {
      await client.eval(REMOVE_WAITING, 1, queue.toKey("wait"), queue.toKey(""), ...jobIds);
    },
    countWorkers: async (queue) => {
      const workers = await queue.getWorkers();
      // When Redis does not list its clients, BullMQ returns one that it made up.
      if (workers.some(({ rawname }) => rawname === undefined)) return undefined;
      // Redis lists the clients of all its databases.
      return workers.filter(({ db }) => db === String(client.options.db ?? 0)).length;
    },
    dueAt: async (queue, jobId) => {
      const score = await client.zscore(queue.toKey("delayed"), jobId);
      return score === null ? undefined : new Date(Math.floor(Number(score) / DELAYED_SCORES_PER_MS));
    },
    eraseEvents: async (queue) => {
      await client.xtrim(queue.toKey("events"), "MAXLEN", 0);
    },
    trimCompleted: () => Promise.resolve(),
    migrate: () => Promise.resolve(),
    checkWritable: async () => {
      // A lost connection is known without a write, and an earlier success is no longer valid.
      if (["close", "reconnecting", "end"].includes(client.status)) throw new Error("Redis is not connected");
      await checkWrite();
    },
    close: async () => {
      client.disconnect();
    },
  };
}

/**
 * Removes jobs from the end of BullMQ's waiting list, from which workers take them, and their hashes. `Job.remove` of
 * BullMQ 6.7 searches the whole list for each job.
 */
const REMOVE_WAITING = `
  for _, id in ipairs({unpack(ARGV, 2)}) do
    if redis.call("LREM", KEYS[1], -1, id) == 1 then redis.call("DEL", ARGV[1] .. id) end
  end`;

/** Reads the end of BullMQ's waiting list, from which workers take jobs. Replayed jobs have a priority and wait elsewhere. */
async function firstWaiting(client: Redis, queue: JobQueue, count: number): Promise<WaitingJob[]> {
  const ids = (await client.lrange(queue.toKey("wait"), -count, -1)).toReversed();
  if (ids.length === 0) return [];
  const pipeline = client.pipeline();
  for (const id of ids) pipeline.hmget(queue.toKey(id), "data", "timestamp", "name", "opts");
  const hashes = (await pipeline.exec()) ?? [];
  return ids.map((id, index) => {
    const [data, timestamp, name, opts] = (hashes[index]?.[1] ?? []) as (string | null | undefined)[];
    const addedAt = new Date(Number(timestamp));
    if (!data) return { id, data: undefined, addedAt };
    const stored = { name: name ?? "", data, opts: JSON.parse(opts ?? "{}") as JobsOptions };
    return { id, data: JSON.parse(complete(queue.name, stored, id).data) as unknown, addedAt };
  });
}

/** How long a write check waits for the first connection, in ms. */
const CONNECT_MS = 1_000;

/** Writes a key. It waits for a connection that is being opened. */
async function writeKey(client: Redis): Promise<void> {
  if (client.status === "connecting" || client.status === "connect")
    await once(client, "ready", { signal: AbortSignal.timeout(CONNECT_MS) });
  await client.set("millrace:write-check", "1", "EX", 60);
}
