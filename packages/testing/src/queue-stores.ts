import { connect } from "node:net";
import { inject } from "vitest";

/** A kind of queue backend, with a store that no other test uses. */
export type QueueStore = {
  kind: "redis" | "postgres";
  /** Resolves with the URL of a new, empty Redis database, or with the given URL when the queue is on Postgres. */
  url(databaseUrl: string): Promise<string>;
};

const postgresStore: QueueStore = { kind: "postgres", url: (databaseUrl) => Promise.resolve(databaseUrl) };

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
  return url === undefined ? undefined : { kind: "redis", url: async () => `${url}/${await nextRedisDatabase(url)}` };
}

/** Allocates a database number with a counter in Redis, so that tests in different processes never share a database. */
async function nextRedisDatabase(redisUrl: string): Promise<number> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  const reply = await new Promise<string>((resolve, reject) => {
    socket.once("data", (data: Buffer) => resolve(data.toString())).once("error", reject);
    socket.write("INCR millrace:test-databases\r\n");
  });
  socket.destroy();
  return Number(/^:(\d+)/.exec(reply)?.[1]);
}
