import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EVENT_VERSION, type InboundEvent } from "@millrace/core";
import {
  findRedisServer,
  freePort,
  startRedis,
  startTcpProxy,
  type TcpProxy,
  type TestRedis,
  until,
} from "@millrace/testing";
import { queueDefinition } from "../../catalogue.ts";
import { createProducer, type Producer } from "../../producer/producer.ts";
import { QueueUnavailableError } from "../../producer/queue-unavailable-error.ts";
import type { JobWorker, QueueBackend, StoreBackend } from "../backend.ts";
import { openQueueBackend } from "../open-backend.ts";
import { openRedisBackend } from "./backend.ts";

/** Lets a test change every setting, and lets a Redis that loads answer between two keys. */
const ADMIN_ARGS =
  "--enable-protected-configs yes --enable-debug-command yes --loading-process-events-interval-bytes 1024";

const definition = queueDefinition("fake", "inbound");

describe.runIf(findRedisServer())("a running worker and a running producer on Redis", () => {
  let servers: TestRedis[];
  let admins: Redis[];
  let proxy: TcpProxy;
  let producing: QueueBackend;
  let consuming: StoreBackend;
  let producer: Producer;
  let worker: JobWorker | undefined;
  let processed: (string | undefined)[];

  beforeEach(async () => {
    processed = [];
    worker = undefined;
    servers = [];
    admins = [];
    await start(ADMIN_ARGS);
    proxy = await startTcpProxy(port(0));
    openBackends();
  });
  afterEach(async () => {
    await Promise.all([worker?.close(), producer.close()]);
    await Promise.all([producing.close(), consuming.close()]);
    await proxy.close();
    for (const admin of admins) admin.disconnect();
    await Promise.all(servers.map((server) => server.stop()));
  });

  function openBackends(): void {
    const url = `redis://127.0.0.1:${proxy.port}`;
    producing = openQueueBackend(url, "producer", 1);
    consuming = openQueueBackend(url, "consumer", 1);
    producer = createProducer(producing, definition);
  }

  /** Starts another Redis and returns its index. */
  async function start(args = ""): Promise<number> {
    servers.push(await startRedis({ port: await freePort(), args: args.split(" ").filter(Boolean) }));
    admins.push(new Redis(servers.at(-1)?.url ?? ""));
    return servers.length - 1;
  }
  const port = (index: number) => Number(new URL(servers[index]?.url ?? "").port);
  const call = (index: number, ...command: string[]) => admins[index]?.call(command[0] ?? "", ...command.slice(1));

  function startWorker(): void {
    const process = ({ id }: { id?: string | undefined }) => Promise.resolve(processed.push(id));
    worker = consuming.worker(definition.name, process, {
      autorun: true,
      concurrency: 4,
      lockDuration: 5_000,
      stalledInterval: 1_000,
      maxStalledCount: 1,
      removeOnComplete: { age: 60, count: 100 },
      settings: { backoffStrategy: () => 0 },
    });
  }
  const isWritable = async () => {
    const checks = await Promise.allSettled([producing.checkWritable(), consuming.checkWritable()]);
    return checks.every(({ status }) => status === "fulfilled");
  };
  const eventOf = (id: string): InboundEvent => ({
    v: EVENT_VERSION,
    integration: "fake",
    kind: "fake",
    correlationId: "c-1",
    receivedAt: "2026-11-20T08:00:00.000Z",
    payload: {},
    id,
  });
  const isAccepted = (id: string) =>
    producer.enqueue([eventOf(id)]).then(
      () => true,
      (error: unknown) => {
        expect(error).toBeInstanceOf(QueueUnavailableError);
        return false;
      },
    );
  /** The worker's blocking connections, as a server lists them. */
  const blocked = async (index: number) => /cmd=bzpopmin/.test(String(await call(index, "CLIENT", "LIST")));

  /** Enqueues jobs until one is processed, and expects that the worker waits for the next one then. */
  async function expectWork(what: string, index: number): Promise<void> {
    await until(`${what}: a job is accepted`, () => isAccepted(what));
    await until(`${what}: the job is processed`, () => processed.includes(what));
    await until(`${what}: the worker waits for a job`, () => blocked(index));
    await until(`${what}: both stores accept writes`, isWritable);
  }

  test("14: both move to the promoted replica behind the same address, blocking connections included", async () => {
    startWorker();
    await expectWork("before", 0);
    const promoted = await start();
    await call(promoted, "REPLICAOF", "127.0.0.1", String(port(0)));
    await until("the replica is in sync", async () =>
      String(await call(promoted, "INFO", "replication")).includes("master_link_status:up"),
    );
    // The old master stays up as a replica, and no connection to it closes. New connections reach the new master.
    proxy.retarget(port(promoted));
    await call(promoted, "REPLICAOF", "NO", "ONE");
    await call(0, "REPLICAOF", "127.0.0.1", String(port(promoted)));
    expect(await isAccepted("refused")).toBe(false);
    await expectWork("after", promoted);
    expect(await blocked(0)).toBe(false);
  });

  test.each(["yes", "no"])(
    "14: both go on when the replica becomes a master again (replica-serve-stale-data %s)",
    async (stale) => {
      startWorker();
      await expectWork("before", 0);
      await call(0, "CONFIG", "SET", "replica-serve-stale-data", stale);
      await call(0, "REPLICAOF", "127.0.0.1", "1");
      await until("a job is refused", async () => !(await isAccepted("refused")));
      await until("the store is not ready", async () => !(await isWritable()));
      await call(0, "REPLICAOF", "NO", "ONE");
      await expectWork("after", 0);
      expect(processed).not.toContain("refused");
    },
  );

  test("14: both go on after Redis was full, and the worker does not ask it in a loop meanwhile", async () => {
    await until("a job waits", () => isAccepted("waiting"));
    await call(0, "CONFIG", "SET", "maxmemory", "1");
    const scripts = async () => {
      const stats = String(await call(0, "INFO", "commandstats"));
      return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    };
    const before = await scripts();
    const startedAt = performance.now();
    startWorker();
    await until("the worker asks for a job three times", async () => (await scripts()) >= before + 3);
    expect(performance.now() - startedAt).toBeGreaterThan(500);
    expect(await isAccepted("refused")).toBe(false);
    await until("the store is not ready", async () => !(await isWritable()));
    await call(0, "CONFIG", "SET", "maxmemory", "0");
    await expectWork("after", 0);
    expect(processed).toContain("waiting");
  });

  test("14: both go on after Redis could not save its data", async () => {
    startWorker();
    await expectWork("before", 0);
    // Redis refuses writes while snapshots are on and the last one failed.
    await call(0, "CONFIG", "SET", "dir", "/proc");
    await call(0, "CONFIG", "SET", "save", "3600 1");
    await call(0, "BGSAVE");
    await until("the snapshot has failed", async () =>
      String(await call(0, "INFO", "persistence")).includes("rdb_last_bgsave_status:err"),
    );
    expect(await isAccepted("refused")).toBe(false);
    await until("the store is not ready", async () => !(await isWritable()));
    await call(0, "CONFIG", "SET", "save", "");
    await expectWork("after", 0);
  });

  test("14: both start while Redis loads its data, and go on by themselves", async () => {
    const fillers = Array.from({ length: 100 }, (_, key) => [`filler${key}`, "x".repeat(2_000)]).flat();
    await call(0, "MSET", ...fillers);
    await call(0, "CONFIG", "SET", "key-load-delay", "20000");
    const client = new Redis(servers[0]?.url ?? "", { enableReadyCheck: false });
    const reloaded = client.call("DEBUG", "RELOAD");
    await until("Redis loads", async () => String(await call(0, "INFO", "persistence")).includes("loading:1"));
    await Promise.all([producing.close(), consuming.close()]);
    openBackends();
    startWorker();
    expect(await isAccepted("refused")).toBe(false);
    expect(await isWritable()).toBe(false);
    await expectWork("loaded", 0);
    await reloaded;
    client.disconnect();
  });

  test("14: both go on after their connections became half-open", async () => {
    await consuming.close();
    consuming = openRedisBackend(`redis://127.0.0.1:${proxy.port}`, "consumer", 2_000);
    startWorker();
    await expectWork("before", 0);
    proxy.abandon();
    await expectWork("after", 0);
    expect(new Set(processed)).toEqual(new Set(["before", "after"]));
  });
});
