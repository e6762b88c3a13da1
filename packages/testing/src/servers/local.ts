import { rmSync } from "node:fs";
import { startEmbeddedPostgres } from "@millrace/embedded-postgres";
import { freePort } from "./free-port.ts";
import { findRedisServer } from "./find-program.ts";
import { TEST_SETTINGS } from "./postgres-settings.ts";
import { startRedis } from "./redis.ts";
import { memoryFolder } from "./temporary-folder.ts";
import type { TestServers } from "./test-servers.ts";

/** Starts the embedded Postgres, and Redis where `redis-server` or `valkey-server` is on PATH. */
export async function startLocalServers(): Promise<TestServers> {
  const folder = memoryFolder();
  const postgres = await startEmbeddedPostgres({
    folder,
    port: await freePort(),
    settings: TEST_SETTINGS,
  });
  const redis = findRedisServer() ? await startRedis({ port: await freePort() }) : undefined;
  return {
    postgresUrl: postgres.url,
    redisUrl: redis?.url,
    stop: async () => {
      await redis?.stop();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
