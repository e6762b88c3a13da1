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
import { openQueueBackend } from "../backends/backend.ts";
import { checkQueueStore, warnOfQueueStore } from "./check-store.ts";

describe.runIf(findRedisServer())("a Redis as the queue's store", () => {
  let redis: TestRedis | undefined;
  afterEach(async () => {
    await redis?.stop();
    redis = undefined;
  });

  const states = (findings: readonly CheckResult[]) =>
    Object.fromEntries(findings.map(({ check, state }) => [check, state]));
  const durable = () => ({ folder: temporaryFolder(), sync: "always" }) as const;

  test("that may throw jobs away and forgets them at a restart is found out, until it is set right", async () => {
    redis = await startRedis({ port: await freePort(), args: ["--maxmemory-policy", "allkeys-lru"] });
    const found = await checkQueueStore(redis.url);
    expect(states(found)).toEqual({ "Redis version": "ok", "Redis eviction": "fail", "Redis durability": "warn" });
    expect(found.find(({ check }) => check === "Redis eviction")).toMatchObject({
      message: "maxmemory-policy allkeys-lru: a full Redis throws jobs away",
      remedy: expect.stringContaining("noeviction"),
    });

    const client = new Redis(redis.url);
    await client.config("SET", "maxmemory-policy", "noeviction", "appendonly", "yes", "appendfsync", "no");
    expect(states(await checkQueueStore(redis.url))).toMatchObject({
      "Redis eviction": "ok",
      "Redis durability": "warn",
    });
    await client.config("SET", "appendfsync", "everysec");
    // It does not end before its first AOF is written.
    await until("the AOF is written", async () =>
      (await client.info("persistence")).includes("aof_rewrite_in_progress:0"),
    );
    client.disconnect();
    expect(states(await checkQueueStore(redis.url))).toEqual({
      "Redis version": "ok",
      "Redis eviction": "ok",
      "Redis durability": "ok",
    });
  });

  test("that forbids CONFIG is judged by what it tells all the same", async () => {
    const args = ["--rename-command", "CONFIG", ""];
    redis = await startRedis({ port: await freePort(), durable: durable(), args });
    const found = await checkQueueStore(redis.url);
    expect(found.map(({ state }) => state)).toEqual(["ok", "ok", "ok"]);
    expect(found.at(-1)?.message).toContain("CONFIG is not allowed");
  });

  test("that forbids INFO is not said to be away", async () => {
    redis = await startRedis({ port: await freePort(), args: "--user mill on >hush ~* &* +@all -info".split(" ") });
    const found = await checkQueueStore(redis.url.replace("//", "//mill:hush@"));
    expect(found).toMatchObject([
      { check: "Redis", state: "fail", message: expect.stringContaining("INFO is not allowed") },
    ]);
  });

  test("that does not list its clients is not said to have no worker", async () => {
    redis = await startRedis({ port: await freePort(), args: ["--rename-command", "CLIENT", ""] });
    const backend = openQueueBackend(redis.url, "consumer", 1);
    const queue = backend.queue("probe-inbound");
    expect(await backend.countWorkers(queue)).toBeUndefined();
    await queue.close();
    await backend.close();
  });

  test("is warned of in the log, without its password; one that is well is not", async () => {
    redis = await startRedis({ port: await freePort(), durable: durable(), args: ["--requirepass", "hush"] });
    const { log, lines, text } = recordingLogger();
    await warnOfQueueStore(redis.url.replace("//", "//:hush@"), log);
    expect(lines()).toEqual([]);
    await warnOfQueueStore(redis.url.replace("//", "//:wrong-password@"), log);
    expect(lines()).toMatchObject([{ level: "warn", msg: "queue_store.unsafe", check: "Redis" }]);
    expect(text()).not.toContain("wrong-password");
  });

  test("that is not there is a finding", async () => {
    const found = await checkQueueStore(`redis://127.0.0.1:${await freePort()}`);
    expect(found).toMatchObject([
      { check: "Redis", state: "fail", message: "not reachable by QUEUE_URL: ECONNREFUSED" },
    ]);
  });
});
