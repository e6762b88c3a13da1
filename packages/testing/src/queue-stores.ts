import { connect } from "node:net";
import { inject } from "vitest";

/** A store for queues that nobody else uses. */
export type QueueStore = {
  kind: "redis" | "postgres";
  /** An empty Redis database, or the URL of the given Postgres. */
  url(databaseUrl: string): Promise<string>;
};

/** Every kind of store that queue suites run on here: always Postgres, and Redis where there is one. */
export function queueStores(): QueueStore[] {
  const redisUrl = inject("redisUrl");
  const postgres: QueueStore = { kind: "postgres", url: (databaseUrl) => Promise.resolve(databaseUrl) };
  if (redisUrl === undefined) return [postgres];
  return [postgres, { kind: "redis", url: async () => `${redisUrl}/${await nextRedisDatabase(redisUrl)}` }];
}

/** The server counts the databases that were given away, so that no two tests, in whatever process, share one. */
async function nextRedisDatabase(redisUrl: string): Promise<number> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  const answer = await new Promise<string>((resolve, reject) => {
    socket.once("data", (data: Buffer) => resolve(data.toString())).once("error", reject);
    socket.write("INCR millrace:test-databases\r\n");
  });
  socket.destroy();
  return Number(/^:(\d+)/.exec(answer)?.[1]);
}
