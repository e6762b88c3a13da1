import { temporaryFolder } from "./temporary-folder.ts";
import { rmSync } from "node:fs";
import { startEmbeddedPostgres } from "@millrace/embedded-postgres";
import type { Servers } from "./global-setup.ts";
import { freePort } from "./free-port.ts";
import { findRedisServer } from "./find-program.ts";
import { startRedis } from "./redis.ts";

/** The embedded Postgres, and a Redis when there is a program for it on PATH. */
export async function startLocalServers(): Promise<Servers> {
  const folder = temporaryFolder();
  const postgres = await startEmbeddedPostgres({
    folder,
    port: await freePort(),
    settings: { fsync: "off", max_connections: "400" },
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
