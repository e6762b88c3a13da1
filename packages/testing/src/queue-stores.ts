import { connect } from "node:net";
import { inject } from "vitest";
import { openRows } from "./servers/index.ts";

/** A kind of queue backend, with a store that no other test uses. */
export type QueueStore = {
  kind: "redis" | "postgres";
  /** Resolves with the URL of a new, empty Redis database, or with the given URL when the queue is on Postgres. */
  url(databaseUrl: string): Promise<string>;
  /** Removes all jobs of the store, as a Redis does that lost its data. */
  loseJobs(url: string): Promise<void>;
};

const postgresStore: QueueStore = {
  kind: "postgres",
  url: (databaseUrl) => Promise.resolve(databaseUrl),
  async loseJobs(url) {
    const rows = openRows(url);
    await rows.rows("delete from bullmq.job");
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
    async loseJobs(storeUrl) {
      const database = new URL(storeUrl).pathname.slice(1);
      await redisReply(storeUrl, `SELECT ${database}`, "FLUSHDB");
    },
  };
}

/** Allocates a database number with a counter in Redis, so that tests in different processes never share a database. */
async function nextRedisDatabase(redisUrl: string): Promise<number> {
  return Number(/^:(\d+)/.exec(await redisReply(redisUrl, "INCR millrace:test-databases"))?.[1]);
}

/** Sends commands on a connection of their own and returns Redis's reply to the last one, a line without data. */
async function redisReply(redisUrl: string, ...commands: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  try {
    return await new Promise<string>((resolve, reject) => {
      let received = "";
      socket.on("error", reject).on("data", (data: Buffer) => {
        received += data.toString();
        const replies = received.split("\r\n").slice(0, -1);
        const failed = replies.find((reply) => reply.startsWith("-"));
        if (failed) reject(new Error(`Redis answered ${failed}`));
        if (replies.length === commands.length) resolve(replies.at(-1) ?? "");
      });
      socket.write(commands.map((command) => `${command}\r\n`).join(""));
    });
  } finally {
    socket.destroy();
  }
}
