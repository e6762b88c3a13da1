import { GenericContainer, getContainerRuntimeClient } from "testcontainers";
import { until } from "../until.ts";
import { TEST_SETTINGS } from "./postgres-settings.ts";
import { openRows } from "./rows.ts";
import type { TestServers } from "./test-servers.ts";

/** Starts Postgres and Redis in containers; undefined when no Docker engine responds or it cannot pull the images. */
export async function startContainers(): Promise<TestServers | undefined> {
  try {
    await getContainerRuntimeClient();
    return await start();
  } catch {
    return undefined;
  }
}

async function start(): Promise<TestServers> {
  const [postgres, redis] = await Promise.all([
    new GenericContainer("postgres:18-alpine")
      .withEnvironment({ POSTGRES_PASSWORD: "millrace", POSTGRES_USER: "millrace", POSTGRES_DB: "millrace" })
      .withCommand([
        "postgres",
        ...Object.entries(TEST_SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ])
      .withExposedPorts(5432)
      .start(),
    new GenericContainer("redis:8-alpine")
      .withCommand([
        "redis-server",
        "--databases",
        "1000",
        "--maxmemory-policy",
        "noeviction",
        "--save",
        "",
        "--appendonly",
        "no",
      ])
      .withExposedPorts(6379)
      .start(),
  ]);
  const postgresUrl = `postgres://millrace:millrace@${postgres.getHost()}:${postgres.getMappedPort(5432)}/millrace`;
  // The image starts Postgres twice, and the first one, which initialises the database, does not listen on TCP.
  await until("Postgres to accept connections", () => isReady(postgresUrl));
  return {
    postgresUrl,
    redisUrl: `redis://${redis.getHost()}:${redis.getMappedPort(6379)}`,
    stop: async () => {
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  const reader = openRows(url);
  const ready = await reader.rows("select 1").then(
    () => true,
    () => false,
  );
  await reader.close();
  return ready;
}
