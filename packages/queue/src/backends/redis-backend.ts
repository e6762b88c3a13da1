import type { BackendFactory, IQueueBackend } from "bullmq";
import { Redis } from "ioredis";
import { withDeadline } from "@millrace/core";
import { createAtomicRedisBackend } from "./atomic-redis-backend.ts";
import { type BackendRole, PING_TIMEOUT_MS, type QueueBackend } from "./backend.ts";
import { bullmqClasses } from "./bullmq-classes.ts";

/** Opens a queue store on Redis. */
export function openRedisBackend(url: string, role: BackendRole): QueueBackend {
  const client = new Redis(url, {
    retryStrategy: (times) => Math.min(times * 100, 1_000),
    ...(role === "producer"
      ? { maxRetriesPerRequest: 0, enableOfflineQueue: false, connectTimeout: 2_000 }
      : { maxRetriesPerRequest: null }),
  });
  // Every command rejects with its own error; without a listener ioredis prints to the console.
  client.on("error", () => undefined);
  // A producer sends Redis nothing before it adds jobs. A worker needs the version, to block for parts of a second.
  const producerOnly =
    role === "producer" ? { skipWaitingForReady: true, skipMetasUpdate: true, skipVersionCheck: true } : {};
  const factory: BackendFactory<IQueueBackend, unknown> = (name, options, factoryOptions) =>
    createAtomicRedisBackend(name, { ...options, ...producerOnly, connection: client }, factoryOptions);
  return {
    kind: "redis",
    ...bullmqClasses(factory, producerOnly),
    countWorkers: async (queue) => {
      const workers = await queue.getWorkers();
      // When Redis does not list its clients, BullMQ returns one that it made up.
      if (workers.some(({ rawname }) => rawname === undefined)) return undefined;
      // Redis lists the clients of all its databases.
      return workers.filter(({ db }) => db === String(client.options.db ?? 0)).length;
    },
    eraseEvents: async (queue) => {
      await client.xtrim(queue.toKey("events"), "MAXLEN", 0);
    },
    migrate: () => Promise.resolve(),
    ping: async () => {
      await withDeadline(client.ping(), PING_TIMEOUT_MS);
    },
    close: async () => {
      client.disconnect();
    },
  };
}
