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
  type TestDatabase,
  until,
} from "@millrace/testing";
import { openPipe, type Pipe } from "./pipe.ts";

const CRASH_WORKER = fileURLToPath(new URL("./crash-worker.ts", import.meta.url));

/** Starts a worker in a process of its own and kills it with SIGKILL once it is busy with a job. */
async function killInMidJob(pipe: Pipe, jobId: string): Promise<void> {
  const child: ChildProcess = fork(CRASH_WORKER, [pipe.databaseUrl, pipe.queueUrl]);
  await new Promise<void>((resolve) => child.on("message", (id) => id === jobId && resolve()));
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

describe.each(queueStores())("a worker that is killed, on $kind", (store) => {
  let testDatabase: TestDatabase;
  let pipe: Pipe;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    pipe = await openPipe(testDatabase.url, await store.url(testDatabase.url));
  });
  afterEach(async () => {
    await pipe.close();
    await testDatabase.drop();
  });

  test("2: in the middle of a job: another does it, once", async () => {
    await pipe.send("orphan", { do: "hang", times: 1 });
    await killInMidJob(pipe, "orphan");
    // This process has not seen the job yet: to it the next attempt is the first, so it is told to write.
    pipe.probe.attempts.set("orphan", 1);
    pipe.work();
    await until("another worker does it", async () => (await pipe.ledger.find("probe", "orphan"))?.status === "done");
    expect(await pipe.effects()).toEqual({ orphan: 1 });
    expect(await pipe.deadLetters()).toEqual([]);
  });

  test("8: a second time by the same job: the job has exactly one dead letter", async () => {
    await pipe.send("killer", { do: "hang" });
    await killInMidJob(pipe, "killer");
    await killInMidJob(pipe, "killer");
    pipe.work();
    await until("it is dead", async () => (await pipe.deadLetters()).length > 0);
    expect(await pipe.deadLetters()).toMatchObject([{ job_id: "killer", state: "dead", error_kind: "stalled" }]);
    expect(await pipe.effects()).toEqual({});
  });
});

describe.runIf(findRedisServer())("a store that goes away, with the queue on redis", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  // Stopped also when the test fails in the middle; stopping once more does no harm.
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

  test("8: Postgres away at the moment of death: the dead letter is written when it is back", async () => {
    const [port, redisPort] = [await freePort(), await freePort()];
    const redis = await redisOn(redisPort);
    let server = await postgresOn(port);
    const pipe = await openPipe(server.url, redis.url);
    await pipe.send("dies-alone", { do: "give_up" });
    await server.stop();
    pipe.work();
    await until("the job has failed", async () => (await pipe.reader.find("dies-alone")).place === "failed");
    await until("the dead letter had to wait", () =>
      pipe.log.lines().some((line) => line["msg"] === "dead_letter.sweep_failed"),
    );
    server = await postgresOn(port);
    await until("the dead letter is written", async () => (await pipe.deadLetters()).length === 1);
    expect(await pipe.deadLetters()).toMatchObject([
      { job_id: "dies-alone", state: "dead", error: "asked to give up" },
    ]);
    await pipe.close();
    await server.stop();
    await redis.stop();
  });

  test("an outage of Postgres costs no attempt, however long it lasts", async () => {
    const [port, redisPort] = [await freePort(), await freePort()];
    const redis = await redisOn(redisPort);
    let server = await postgresOn(port);
    const pipe = await openPipe(server.url, redis.url);
    await server.stop();
    pipe.work();
    await pipe.send("patient", { do: "write" });
    await until("it was tried more often than a job has attempts", () => (pipe.probe.attempts.get("patient") ?? 0) > 9);
    server = await postgresOn(port);
    await until("it is done", async () => (await pipe.ledger.find("probe", "patient"))?.status === "done");
    expect((await pipe.reader.find("patient")).attemptsMade).toBeLessThanOrEqual(1);
    await pipe.close();
    await server.stop();
    await redis.stop();
  });

  test("8: Redis restarted in the middle of jobs: each ends once, as done or dead", async () => {
    const redisPort = await freePort();
    let redis = await redisOn(redisPort);
    const testDatabase = await createTestDatabase();
    const pipe = await openPipe(testDatabase.url, redis.url);
    pipe.work();
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => pipe.send(`r${index}`, { do: index % 4 === 0 ? "give_up" : "write" })),
    );
    await redis.stop();
    redis = await redisOn(redisPort);
    await until("all are settled", async () => {
      const { done, dead } = await pipe.ledger.counts("probe");
      return done + dead === 200;
    });
    await until("all are captured", async () => (await pipe.deadLetters()).length === 50);
    const effects = await pipe.effects();
    expect(Object.keys(effects)).toHaveLength(150);
    expect(new Set(Object.values(effects))).toEqual(new Set([1]));
    await pipe.close();
    await testDatabase.drop();
    await redis.stop();
  });
});
