import { type ChildProcess, fork } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  createTestDatabase,
  findRedisServer,
  freePort,
  queueStores,
  startPostgres,
  startRedis,
  temporaryFolder,
  until,
  useTestDatabase,
} from "@millrace/testing";
import { migrateDatabase, openDatabase } from "@millrace/db";
import { openLosableStores } from "../harness/losable-stores.ts";
import { openWorkerHarness, type WorkerHarness } from "../harness/worker-harness.ts";

const CRASH_WORKER = fileURLToPath(new URL("./crash-worker.ts", import.meta.url));

/** Starts a worker process and kills it with SIGKILL once it runs the job. */
async function killDuringJob(harness: WorkerHarness, jobId: string): Promise<void> {
  const child: ChildProcess = fork(CRASH_WORKER, [harness.databaseUrl, harness.queueUrl]);
  await new Promise<void>((resolve) => child.on("message", (id) => id === jobId && resolve()));
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** Starts a worker in this process and loses it once it runs the job. Returns a function that closes it. */
async function loseDuringJob(harness: WorkerHarness, jobId: string): Promise<() => Promise<void>> {
  const stores = await openLosableStores(harness);
  const lost = await openWorkerHarness(stores.databaseUrl, stores.queueUrl);
  lost.startWorker();
  await until("it runs the job", () => lost.integration.running.has(jobId));
  stores.lose();
  return async () => {
    stores.restore();
    await lost.close();
    await stores.close();
  };
}

describe.each(queueStores())("a killed worker on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: WorkerHarness;
  /** Close the workers that a test lost. */
  let closeLost: (() => Promise<void>)[];

  beforeEach(async () => {
    closeLost = [];
    harness = await openWorkerHarness(testDatabase.url, await store.url(testDatabase.url));
  });
  afterEach(async () => {
    await Promise.all(closeLost.map((close) => close()));
    await harness.close();
  });

  test("2: its running job is completed by another worker, with one effect", async () => {
    await harness.enqueue("orphan", { do: "hang", times: 1 });
    await killDuringJob(harness, "orphan");
    // Attempts are counted per process. This process has not seen the first attempt, so it counts it here.
    harness.integration.attempts.set("orphan", 1);
    harness.startWorker();
    await until(
      "another worker completes it",
      async () => (await harness.eventStatuses.find("fake", "orphan"))?.status === "done",
    );
    expect(await harness.effects()).toEqual({ orphan: 1 });
    expect(await harness.deadLetters()).toEqual([]);
  });

  test("8: a job that lost three workers has exactly one dead letter", async () => {
    await harness.enqueue("killer", { do: "hang" });
    for (let loss = 1; loss <= 3; loss += 1) closeLost.push(await loseDuringJob(harness, "killer"));
    harness.startWorker();
    await until("it is dead", async () => (await harness.deadLetters()).length > 0);
    expect(await harness.deadLetters()).toMatchObject([{ job_id: "killer", state: "dead", error_kind: "stalled" }]);
    expect(await harness.effects()).toEqual({});
  });
});

describe.runIf(findRedisServer())("an outage of a store, with the queue on Redis", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  // Servers stop also when the test fails in the middle. A second stop is a no-op.
  const redisOn = async (port: number) => {
    const redis = await startRedis({ port, durable: { folder: join(folder, "redis"), sync: "always" } });
    onTestFinished(redis.stop);
    return redis;
  };
  const postgresOn = async (port: number) => {
    const postgres = await startPostgres({ folder: join(folder, "postgres"), port });
    onTestFinished(postgres.stop);
    return postgres;
  };
  const migratedPostgresOn = async (port: number) => {
    const postgres = await postgresOn(port);
    const database = openDatabase(postgres.url, { maxConnections: 2, name: "test-migration" });
    await migrateDatabase(database);
    await database.close();
    return postgres;
  };

  test("8: a job that is exhausted while Postgres is away gets its dead letter once Postgres is back", async () => {
    const [port, redisPort] = [await freePort(), await freePort()];
    const redis = await redisOn(redisPort);
    let server = await migratedPostgresOn(port);
    const harness = await openWorkerHarness(server.url, redis.url);
    await harness.enqueue("exhausted", { do: "give_up" });
    await server.stop();
    harness.startWorker();
    await until("the job has failed", async () => (await harness.reader.find("exhausted")).place === "failed");
    await until("recording the dead letter has failed", () =>
      harness.log.lines().some((line) => line["msg"] === "dead_letter.sweep_failed"),
    );
    server = await postgresOn(port);
    await until("the dead letter is written", async () => (await harness.deadLetters()).length === 1);
    expect(await harness.deadLetters()).toMatchObject([
      { job_id: "exhausted", state: "dead", error: "asked to give up" },
    ]);
    await harness.close();
    await server.stop();
    await redis.stop();
  });

  test("an outage of Postgres uses no attempt, however long it lasts", async () => {
    const [port, redisPort] = [await freePort(), await freePort()];
    const redis = await redisOn(redisPort);
    let server = await migratedPostgresOn(port);
    const harness = await openWorkerHarness(server.url, redis.url);
    await server.stop();
    harness.startWorker();
    await harness.enqueue("waits", { do: "write" });
    await until(
      "the job ran more often than it has attempts",
      () => (harness.integration.attempts.get("waits") ?? 0) > 9,
    );
    server = await postgresOn(port);
    await until("it is done", async () => (await harness.eventStatuses.find("fake", "waits"))?.status === "done");
    expect((await harness.reader.find("waits")).attemptsMade).toBeLessThanOrEqual(1);
    await harness.close();
    await server.stop();
    await redis.stop();
  });

  test("8: after a restart of Redis in the middle of jobs, each job ends exactly once, done or dead", async () => {
    const redisPort = await freePort();
    let redis = await redisOn(redisPort);
    const testDatabase = await createTestDatabase();
    const harness = await openWorkerHarness(testDatabase.url, redis.url);
    harness.startWorker();
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        harness.enqueue(`r${index}`, { do: index % 4 === 0 ? "give_up" : "write" }),
      ),
    );
    await redis.stop();
    redis = await redisOn(redisPort);
    await until("every event is done or dead", async () => {
      const { done, dead } = await harness.eventStatuses.counts("fake");
      return done + dead === 200;
    });
    await until("every dead letter is written", async () => (await harness.deadLetters()).length === 50);
    const effects = await harness.effects();
    expect(Object.keys(effects)).toHaveLength(150);
    expect(new Set(Object.values(effects))).toEqual(new Set([1]));
    await harness.close();
    await redis.stop();
  });
});
