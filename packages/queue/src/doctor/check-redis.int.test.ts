import { Redis } from "ioredis";
import { afterEach, describe, expect, test } from "vitest";
import type { CheckResult } from "@millrace/core";
import {
  findRedisServer,
  freePort,
  recordingLogger,
  startRedis,
  temporaryFolder,
  type TestRedis,
  until,
} from "@millrace/testing";
import { openQueueBackend } from "../backends/open-backend.ts";
import { checkQueueStore, logQueueStoreChecks } from "./check-store.ts";

describe.runIf(findRedisServer())("the checks of a Redis", () => {
  let redis: TestRedis | undefined;
  afterEach(async () => {
    await redis?.stop();
    redis = undefined;
  });

  const statesOf = (results: readonly CheckResult[]) =>
    Object.fromEntries(results.map(({ check, state }) => [check, state]));
  const durable = () => ({ folder: temporaryFolder(), sync: "always" }) as const;

  test("report eviction and missing durability until they are configured", async () => {
    redis = await startRedis({ port: await freePort(), args: ["--maxmemory-policy", "allkeys-lru"] });
    const results = await checkQueueStore(redis.url);
    expect(statesOf(results)).toEqual({ "Redis version": "ok", "Redis eviction": "fail", "Redis durability": "warn" });
    expect(results.find(({ check }) => check === "Redis eviction")).toMatchObject({
      message: "maxmemory-policy allkeys-lru: a full Redis deletes jobs",
      remedy: expect.stringContaining("noeviction"),
    });

    const client = new Redis(redis.url);
    await client.config("SET", "maxmemory-policy", "noeviction", "appendonly", "yes", "appendfsync", "no");
    expect(statesOf(await checkQueueStore(redis.url))).toMatchObject({
      "Redis eviction": "ok",
      "Redis durability": "warn",
    });
    await client.config("SET", "appendfsync", "everysec");
    // Redis does not stop before it has written its first AOF.
    await until("the AOF is written", async () =>
      (await client.info("persistence")).includes("aof_rewrite_in_progress:0"),
    );
    client.disconnect();
    expect(statesOf(await checkQueueStore(redis.url))).toEqual({
      "Redis version": "ok",
      "Redis eviction": "ok",
      "Redis durability": "ok",
    });
  });

  test("use INFO when CONFIG is not allowed", async () => {
    const args = ["--rename-command", "CONFIG", ""];
    redis = await startRedis({ port: await freePort(), durable: durable(), args });
    const results = await checkQueueStore(redis.url);
    expect(results.map(({ state }) => state)).toEqual(["ok", "ok", "ok"]);
    expect(results.at(-1)?.message).toContain("CONFIG is not allowed");
  });

  test("report a missing permission for INFO, and not an unreachable Redis", async () => {
    redis = await startRedis({ port: await freePort(), args: "--user mill on >hush ~* &* +@all -info".split(" ") });
    const results = await checkQueueStore(redis.url.replace("//", "//mill:hush@"));
    expect(results).toMatchObject([
      { check: "Redis", state: "fail", message: expect.stringContaining("INFO is not allowed") },
    ]);
  });

  test("count no workers when Redis does not list its clients", async () => {
    redis = await startRedis({ port: await freePort(), args: ["--rename-command", "CLIENT", ""] });
    const backend = openQueueBackend(redis.url, "consumer", 1);
    const queue = backend.queue("fake-inbound");
    expect(await backend.countWorkers(queue)).toBeUndefined();
    await queue.close();
    await backend.close();
  });

  test("log a warning at a start without the password, and log nothing when all is ok", async () => {
    redis = await startRedis({ port: await freePort(), durable: durable(), args: ["--requirepass", "hush"] });
    const { log, lines, text } = recordingLogger();
    await logQueueStoreChecks(redis.url.replace("//", "//:hush@"), log);
    expect(lines()).toEqual([]);
    await logQueueStoreChecks(redis.url.replace("//", "//:wrong-password@"), log);
    expect(lines()).toMatchObject([{ level: "warn", msg: "queue_store.unsafe", check: "Redis" }]);
    expect(text()).not.toContain("wrong-password");
  });

  test("report an unreachable Redis", async () => {
    const results = await checkQueueStore(`redis://127.0.0.1:${await freePort()}`);
    expect(results).toMatchObject([
      { check: "Redis", state: "fail", message: "not reachable by QUEUE_URL: ECONNREFUSED" },
    ]);
  });
});
