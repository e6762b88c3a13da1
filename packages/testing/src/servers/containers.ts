import { GenericContainer, getContainerRuntimeClient } from "testcontainers";
import { until } from "../until.ts";
import type { Servers } from "./global-setup.ts";
import { openRows } from "./rows.ts";

/** Postgres and Redis in containers; undefined where no Docker engine answers, or none that can get their images. */
export async function startContainers(): Promise<Servers | undefined> {
  try {
    await getContainerRuntimeClient();
    return await start();
  } catch {
    return undefined;
  }
}

async function start(): Promise<Servers> {
  const [postgres, redis] = await Promise.all([
    new GenericContainer("postgres:18-alpine")
      .withEnvironment({ POSTGRES_PASSWORD: "millrace", POSTGRES_USER: "millrace", POSTGRES_DB: "millrace" })
      .withCommand(["postgres", "-c", "fsync=off", "-c", "max_connections=400"])
      .withExposedPorts(5432)
      .start(),
    new GenericContainer("redis:8-alpine")
      .withCommand(["redis-server", "--databases", "1000", "--maxmemory-policy", "noeviction", "--save", ""])
      .withExposedPorts(6379)
      .start(),
  ]);
  const postgresUrl = `postgres://millrace:millrace@${postgres.getHost()}:${postgres.getMappedPort(5432)}/millrace`;
  // The image starts Postgres twice, the first time for itself: only one that answers over TCP is the one to wait for.
  await until("Postgres answers", () => answers(postgresUrl));
  return {
    postgresUrl,
    redisUrl: `redis://${redis.getHost()}:${redis.getMappedPort(6379)}`,
    stop: async () => {
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const reader = openRows(url);
  const answered = await reader.rows("select 1").then(
    () => true,
    () => false,
  );
  await reader.close();
  return answered;
}
