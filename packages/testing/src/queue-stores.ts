import { inject } from "vitest";

/** A store for queues that nobody else uses. */
export type QueueStore = {
  kind: "redis" | "postgres";
  /** An empty Redis database, or the URL of the given Postgres. */ url(databaseUrl: string): string;
};

let nextRedisDatabase = 0;

/** Every kind of store that queue suites run on here: always Postgres, and Redis where there is one. */
export function queueStores(): QueueStore[] {
  const redisUrl = inject("redisUrl");
  const postgres: QueueStore = { kind: "postgres", url: (databaseUrl) => databaseUrl };
  return redisUrl === undefined
    ? [postgres]
    : [postgres, { kind: "redis", url: () => `${redisUrl}/${redisDatabase()}` }];
}

/** Redis has 1,000 databases here: each worker of vitest uses a hundred of its own, one after the other. */
function redisDatabase(): number {
  const worker = Number(process.env["VITEST_POOL_ID"] ?? 1) % 10;
  nextRedisDatabase += 1;
  return worker * 100 + (nextRedisDatabase % 100);
}
