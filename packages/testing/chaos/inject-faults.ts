import { setTimeout as wait } from "node:timers/promises";
import type { TcpProxy } from "../src/servers/index.ts";
import { APP_NAMES, type ChaosDeployment } from "./deployment/deployment.ts";
import type { Observations } from "./observations.ts";
import type { Inject } from "./faults/inject.ts";
import { losesQueueData, type PlannedFault } from "./plan/faults.ts";
import { postgresFaults } from "./faults/postgres.ts";
import { redisFaults } from "./faults/redis.ts";
import { providerFaults } from "./faults/providers.ts";

const appFault: Record<string, Inject> = {
  kill: async ({ apps }, { resource }) => apps[appOf(resource)].kill(),
  terminate: async ({ apps }, { resource }) => apps[appOf(resource)].terminate(),
  async freeze({ apps }, { resource, durationMs }) {
    const app = apps[appOf(resource)];
    app.freeze();
    await wait(durationMs);
    app.resume();
  },
};

function appOf(resource: string) {
  const name = APP_NAMES.find((app) => app === resource);
  if (!name) throw new Error(`${resource} is no app`);
  return name;
}

/** The delay of each chunk through a slow connection, in ms: at most twice this in a request. */
const SLOW_MS = 400;

const connectionFault: Record<string, (proxy: TcpProxy, fault: PlannedFault) => Promise<void>> = {
  "cut connections": async (proxy) => proxy.cut(),
  "half-open connections": async (proxy) => proxy.abandon(),
  "refuse connections": (proxy, fault) => during(proxy, fault, () => proxy.refuse()),
  outage: (proxy, fault) => during(proxy, fault, () => proxy.refuse()),
  "hang connections": (proxy, fault) => during(proxy, fault, () => proxy.hang()),
  "slow connections": (proxy, fault) => during(proxy, fault, () => proxy.slow(1 + fault.detail * SLOW_MS)),
};

async function during(proxy: TcpProxy, { durationMs }: PlannedFault, begin: () => void): Promise<void> {
  begin();
  await wait(durationMs);
  proxy.pass();
}

function injectionOf(deployment: ChaosDeployment, { resource, name }: PlannedFault): Inject {
  const { proxies } = deployment;
  const proxy = { postgres: proxies.postgres, redis: proxies.redis, sandbox: proxies.sandbox }[resource as string];
  const disturb = connectionFault[name];
  if (proxy && disturb) return async (_, fault) => disturb(proxy, fault);
  const own = { postgres: postgresFaults, redis: redisFaults, sandbox: providerFaults }[resource as string] ?? appFault;
  const inject = own[name];
  if (!inject) throw new Error(`${resource} has no fault ${name}`);
  return inject;
}

/**
 * Does the faults at their times and records them. A fault waits until the one before it of the same resource has ended.
 * Resolves when the last one has ended.
 */
export async function injectFaults(
  faults: readonly PlannedFault[],
  deployment: ChaosDeployment,
  observations: Observations,
): Promise<void> {
  const startedAt = performance.now();
  const latest = new Map<string, Promise<void>>();
  const inject = async (fault: PlannedFault, before: Promise<void> | undefined) => {
    await wait(Math.max(0, startedAt + fault.at - performance.now()));
    await before;
    const from = Date.now();
    const note = await injectionOf(deployment, fault)(deployment, fault);
    const { resource, name } = fault;
    const span = { from, to: Date.now() };
    observations.faults.push({ resource, name, losesQueueData: losesQueueData(fault), ...span, ...(note && { note }) });
  };
  const all = faults.map((fault) => {
    const ended = inject(fault, latest.get(fault.resource));
    latest.set(fault.resource, ended);
    return ended;
  });
  await Promise.all(all);
}
