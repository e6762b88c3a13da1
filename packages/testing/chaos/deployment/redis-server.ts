import { existsSync, readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { freePort, redisCommand, startRedis, type TestRedis, until } from "../../src/servers/index.ts";
import { startSentinel } from "./sentinel.ts";

/** A Redis that faults stop and start again on its data, and that a replica can replace. */
export type RedisServer = {
  port(): number;
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
  freeze(): void;
  resume(): void;
  command(text: string): Promise<string>;
  /** Removes the end of the append-only file of a stopped server, as a crash of the machine can. Returns the bytes. */
  tearAof(share: number): number;
  /** Starts a replica and waits until it has all data. */
  startReplica(): Promise<void>;
  /** The replica becomes the master, and the server its replica: it then refuses writes with READONLY. */
  promoteReplica(): Promise<void>;
  /**
   * Suspends the server until Sentinel has promoted the replica, and then ends it. `redirect` gets the port of the new
   * server before the old one goes on.
   */
  failOver(redirect: (port: number) => void): Promise<void>;
  /** Ends the old server. The replica is the server from now on. */
  replaceByReplica(): Promise<void>;
};

/** The most bytes that {@link RedisServer.tearAof} removes. */
const TORN_BYTES = 4_096;

/** Starts a {@link RedisServer} that syncs each write, with its data below `folder`. */
export async function startRedisServer(folder: string): Promise<RedisServer> {
  let generation = 0;
  const launch = (port: number, args: readonly string[] = []) =>
    startRedis({
      port,
      durable: { folder: join(folder, String(generation)), sync: "always" },
      // As docs/deployment.md recommends, Redis writes no snapshot besides its append-only file.
      args: ["--save", "", ...args],
    });
  let port = await freePort();
  let running: TestRedis = await launch(port);
  let replica: { port: number; server: TestRedis } | undefined;
  const kill = async () => {
    process.kill(running.pid, "SIGKILL");
    await running.stop();
  };
  const replaceByReplica = async () => {
    if (!replica) return;
    await running.stop();
    ({ port, server: running } = replica);
    replica = undefined;
  };
  return {
    port: () => port,
    async start() {
      running = await launch(port);
    },
    kill,
    stop: () => running.stop(),
    freeze: () => process.kill(running.pid, "SIGSTOP"),
    resume: () => process.kill(running.pid, "SIGCONT"),
    command: (text) => redisCommand(port, text),
    tearAof(share) {
      const aof = join(folder, String(generation), "appendonlydir");
      const last = existsSync(aof)
        ? readdirSync(aof)
            .filter((name) => name.endsWith(".incr.aof"))
            .sort()
            .at(-1)
        : undefined;
      if (last === undefined) return 0;
      const file = join(aof, last);
      const { size } = statSync(file);
      const bytes = Math.min(size, Math.ceil(share * TORN_BYTES));
      truncateSync(file, size - bytes);
      return bytes;
    },
    async startReplica() {
      generation += 1;
      const replicaPort = await freePort();
      replica = { port: replicaPort, server: await launch(replicaPort, ["--replicaof", `127.0.0.1 ${port}`]) };
      await until("the replica has all data", async () =>
        (await redisCommand(replicaPort, "INFO replication").catch(() => "")).includes("master_link_status:up"),
      );
    },
    async promoteReplica() {
      if (!replica) return;
      await redisCommand(replica.port, "REPLICAOF NO ONE");
      await redisCommand(port, `REPLICAOF 127.0.0.1 ${replica.port}`);
    },
    async failOver(redirect) {
      if (!replica) return;
      const promoted = replica.port;
      const sentinel = await startSentinel(join(folder, "sentinel", String(generation)), port);
      try {
        process.kill(running.pid, "SIGSTOP");
        await until("Sentinel has promoted the replica", async () => (await sentinel.master()) === promoted);
        redirect(promoted);
      } finally {
        process.kill(running.pid, "SIGCONT");
        await sentinel.stop();
      }
      await replaceByReplica();
    },
    replaceByReplica,
  };
}
