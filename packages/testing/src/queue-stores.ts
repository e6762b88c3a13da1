import { connect } from "node:net";
import { inject } from "vitest";
import { openRows } from "./servers/rows.ts";

/** A kind of queue backend, with a store that no other test uses. */
export type QueueStore = {
  kind: "redis" | "postgres";
  /** Resolves with the URL of a new, empty Redis database, or with the given URL when the queue is on Postgres. */
  url(databaseUrl: string): Promise<string>;
  /** Deletes all data of the queue at a URL, as a store that lost it. */
  loseData(url: string): Promise<void>;
};

const postgresStore: QueueStore = {
  kind: "postgres",
  url: (databaseUrl) => Promise.resolve(databaseUrl),
  async loseData(url) {
    const rows = openRows(url);
    await rows.rows("delete from bullmq.job");
    await rows.rows("delete from bullmq.meta");
    await rows.close();
  },
};

/** The stores for suites that test what a queue does: Postgres always, and Redis on a machine that has it. */
export function queueStores(): QueueStore[] {
  const redis = redisStore();
  return redis ? [postgresStore, redis] : [postgresStore];
}

/** The store for suites that need a queue but do not test it: Redis on a machine that has it, else Postgres. */
export function defaultQueueStore(): QueueStore {
  return redisStore() ?? postgresStore;
}

function redisStore(): QueueStore | undefined {
  const url = inject("redisUrl");
  if (url === undefined) return undefined;
  return {
    kind: "redis",
    url: async () => `${url}/${await nextRedisDatabase(url)}`,
    async loseData(databaseUrl) {
      const database = new URL(databaseUrl).pathname.slice(1);
      await commandRedis(databaseUrl, `EVAL "redis.call('SELECT', ${database}) redis.call('FLUSHDB') return 1" 0`);
    },
  };
}

/** Allocates a database number with a counter in Redis, so that tests in different processes never share a database. */
async function nextRedisDatabase(redisUrl: string): Promise<number> {
  const reply = await commandRedis(redisUrl, "INCR millrace:test-databases");
  return Number(/^:(\d+)/.exec(reply)?.[1]);
}

/** Sends Redis one command, and resolves with its reply as Redis writes it. */
async function commandRedis(redisUrl: string, command: string): Promise<string> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  const reply = await new Promise<string>((resolve, reject) => {
    socket.once("data", (data: Buffer) => resolve(data.toString())).once("error", reject);
    socket.write(`${command}\r\n`);
  });
  socket.destroy();
  if (reply.startsWith("-")) throw new Error(reply.trim());
  return reply;
}
