import { setTimeout as wait } from "node:timers/promises";
import type { RedisServer } from "../deployment/redis-server.ts";
import type { ChaosDeployment } from "../deployment/deployment.ts";
import type { PlannedFault } from "../plan/faults.ts";
import type { Inject } from "./inject.ts";

type InjectRedis = (redis: RedisServer, fault: PlannedFault, deployment: ChaosDeployment) => Promise<string | void>;

const faults: Record<string, InjectRedis> = {
  async kill(redis, { durationMs }) {
    await redis.kill();
    await wait(durationMs);
    await redis.start();
  },
  async terminate(redis, { durationMs }) {
    await redis.stop();
    await wait(durationMs);
    await redis.start();
  },
  async freeze(redis, { durationMs }) {
    redis.freeze();
    await wait(durationMs);
    redis.resume();
  },
  async flush(redis) {
    await redis.command("FLUSHALL");
  },
  async "torn AOF"(redis, { durationMs, detail }) {
    await redis.kill();
    const bytes = redis.tearAof(detail);
    await wait(durationMs);
    await redis.start();
    return `${bytes} bytes`;
  },
  async "promote replica"(redis, { durationMs }, { proxies }) {
    await redis.startReplica();
    await redis.promoteReplica();
    // Meanwhile the apps are connected to a server that refuses writes.
    await wait(durationMs);
    await redis.replaceByReplica();
    proxies.redis?.retarget(redis.port());
    proxies.redis?.cut();
  },
  async "Sentinel failover"(redis, _, { proxies }) {
    await redis.startReplica();
    await redis.failOver((port) => {
      proxies.redis?.retarget(port);
      proxies.redis?.cut();
    });
  },
  async "disk full"(redis, { durationMs }, { disks }) {
    const disk = disks.redis;
    if (!disk) return "skipped: this process may not mount a file system";
    await disk.fill();
    await wait(durationMs);
    disk.empty();
    // With `appendfsync always` a server that cannot write its append-only file ends.
    await redis.command("PING").catch(() => redis.start());
    return undefined;
  },
};

/** Faults of Redis besides those of its connections. */
export const redisFaults: Record<string, Inject> = Object.fromEntries(
  Object.entries(faults).map(([name, inject]) => [
    name,
    async (deployment: ChaosDeployment, fault: PlannedFault) => {
      if (deployment.redis) return inject(deployment.redis, fault, deployment);
    },
  ]),
);
