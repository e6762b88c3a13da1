import { temporaryFolder } from "./temporary-folder.ts";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { startEmbeddedPostgres } from "@millrace/embedded-postgres";
import { freePort } from "./free-port.ts";
import { findRedisServer } from "./find-program.ts";
import { startRedis } from "./redis.ts";

/** Starts servers with production settings: Postgres with fsync, and Redis, where there is one, with its AOF synced every second. */
export async function startBenchServers(): Promise<{
  postgresUrl: string;
  redisUrl: string | undefined;
  stop(): Promise<void>;
}> {
  const folder = temporaryFolder();
  const postgres = await startEmbeddedPostgres({ folder: join(folder, "postgres"), port: await freePort() });
  const redis = findRedisServer()
    ? await startRedis({
        port: await freePort(),
        durable: { folder: join(folder, "redis"), sync: "everysec" },
        args: ["--hash-max-ziplist-value", "2048"],
      })
    : undefined;
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
