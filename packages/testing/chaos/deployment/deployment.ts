import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { integrationsWithAccounts } from "@millrace/integrations";
import type { Delivery } from "@millrace/sandbox";
import { assignAccount } from "../../e2e/assign-account.ts";
import { millrace } from "../../e2e/processes.ts";
import { secrets } from "../../e2e/simulated-platform.ts";
import {
  freePort,
  openRows,
  type RowReader,
  startTcpProxy,
  type TcpProxy,
  temporaryFolder,
  until,
} from "../../src/servers/index.ts";
import type { Plan } from "../plan/plan.ts";
import { API_KEY, PHONE_NUMBER_ID } from "../workload/webhooks.ts";
import { type PostgresServer, startPostgresServer } from "./postgres-server.ts";
import { type RedisServer, startRedisServer } from "./redis-server.ts";
import { type SandboxServer, startSandboxServer } from "./sandbox-server.ts";
import { mountSmallDisk, type SmallDisk } from "./small-disk.ts";
import { superviseApp, type SupervisedApp } from "./supervisor.ts";

/** A complete Millrace: stores, ingest and three workers as processes, the providers in this process. */
export type ChaosDeployment = {
  ingestUrl: string;
  /** The variables of ingest, workers and commands. The URLs lead through the proxies. */
  environment: Record<string, string>;
  apps: Record<AppName, SupervisedApp>;
  postgres: PostgresServer;
  redis: RedisServer | undefined;
  sandbox: SandboxServer;
  proxies: { postgres: TcpProxy; redis: TcpProxy | undefined; sandbox: TcpProxy };
  /** The file systems of the stores; undefined where this process may not mount one. */
  disks: { postgres: SmallDisk | undefined; redis: SmallDisk | undefined };
  /** Reads the tables as the superuser, past the proxy. */
  observer: RowReader;
  close(): Promise<void>;
};

/** See {@link ChaosDeployment}. */
export const APP_NAMES = ["ingest", "worker 1", "worker 2", "worker 3"] as const;
export type AppName = (typeof APP_NAMES)[number];

/** The database, and the role that owns it. It is no superuser, so connections that are reserved for one stay free. */
const DATABASE = "millrace";
const ROLE = "millrace_app";

/** Megabytes of the stores' file systems. */
const POSTGRES_DISK = 700;
const REDIS_DISK = 200;

const READY_DEADLINE_MS = 120_000;

/** Starts a {@link ChaosDeployment}. `deliver` gets the webhooks of the sandbox. If it fails, it leaves nothing running. */
export async function startChaosDeployment(
  { backend, clockOffsetMs }: Plan,
  deliver: (ingestUrl: string, environment: Record<string, string>) => (delivery: Delivery) => Promise<void>,
): Promise<ChaosDeployment> {
  const folder = temporaryFolder();
  const closes: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const one of closes.splice(0).toReversed()) await Promise.resolve(one()).catch(() => undefined);
  };
  try {
    const disks = {
      postgres: mountSmallDisk(join(folder, "postgres"), POSTGRES_DISK),
      redis: undefined as SmallDisk | undefined,
    };
    if (backend === "redis") disks.redis = mountSmallDisk(join(folder, "redis"), REDIS_DISK);
    closes.push(() => [disks.postgres, disks.redis].forEach((disk) => disk?.unmount()));
    const postgres = await startPostgresServer(join(folder, "postgres"), await freePort());
    closes.push(() => postgres.stop());
    const redis = backend === "redis" ? await startRedisServer(join(folder, "redis")) : undefined;
    closes.push(() => redis?.stop());
    const admin = openRows(postgres.url("postgres"));
    await admin.rows(`create role ${ROLE} login`);
    await admin.rows(`create database ${DATABASE} owner ${ROLE}`);
    await admin.close();
    const observer = openRows(postgres.url(DATABASE));
    closes.push(() => observer.close());

    const ingestPort = await freePort();
    const ingestUrl = `http://127.0.0.1:${ingestPort}`;
    const proxyOf = async (port: number) => {
      const proxy = await startTcpProxy(port);
      closes.push(() => proxy.close());
      return proxy;
    };
    const proxies = { postgres: await proxyOf(postgres.port), redis: redis && (await proxyOf(redis.port())) };
    const databaseUrl = `postgres://${ROLE}@127.0.0.1:${proxies.postgres.port}/${DATABASE}`;
    const queueUrl = proxies.redis ? `redis://127.0.0.1:${proxies.redis.port}` : databaseUrl;
    const environment = {
      ...baseVariables,
      DATABASE_URL: databaseUrl,
      QUEUE_URL: queueUrl,
      MEDIA_FOLDER: join(folder, "media"),
    };
    const sandbox = await startSandboxServer(deliver(ingestUrl, environment));
    closes.push(() => sandbox.close());
    const sandboxProxy = await proxyOf(sandbox.port);
    Object.assign(environment, sandboxVariables(`http://127.0.0.1:${sandboxProxy.port}`));

    await millrace(["migrate"], environment);
    for (const { id } of integrationsWithAccounts) await assignAccount(observer, id, "*");
    const workerPorts = [await freePort(), await freePort(), await freePort()] as const;
    const worker = (port: number, more = {}) => superviseApp({ name: "worker", port, environment, ...more });
    const apps = {
      ingest: superviseApp({ name: "ingest", port: ingestPort, environment }),
      "worker 1": worker(workerPorts[0]),
      "worker 2": worker(workerPorts[1]),
      "worker 3": worker(workerPorts[2], {
        nodeArguments: ["--import", SHIFTED_CLOCK],
        environment: { ...environment, CHAOS_CLOCK_OFFSET_MS: String(clockOffsetMs) },
      }),
    };
    closes.push(() => Promise.all(Object.values(apps).map((app) => app.stop())));
    await until(
      "the apps are ready",
      async () => {
        const ports = Object.values(apps).map(({ port }) => port);
        const ready = await Promise.all(ports.map((port) => isReady(port)));
        return ready.every(Boolean);
      },
      READY_DEADLINE_MS,
    );
    return {
      ingestUrl,
      environment,
      apps,
      postgres,
      redis,
      sandbox,
      proxies: { ...proxies, sandbox: sandboxProxy },
      disks,
      observer,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const SHIFTED_CLOCK = fileURLToPath(new URL("./shifted-clock.ts", import.meta.url));

async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  return response?.ok ?? false;
}

/** Short times, so that a run of minutes contains whole AI turns and uploads. */
const baseVariables: Record<string, string> = {
  ...secrets,
  API_KEYS: API_KEY,
  LOG_LEVEL: "info",
  N8N_GATHER_MS: "300",
  N8N_GATHER_CAP_MS: "1500",
  N8N_ANSWER_TIMEOUT_MS: "15000",
  N8N_ALLOWED_NETWORKS: "127.0.0.0/8",
  GOOGLE_ADS_OFFLINE_ENABLED: "true",
  GOOGLE_ADS_CUSTOMER_ID: "1234567890",
  GOOGLE_ADS_CONVERSION_ACTION_ID: "987654321",
  GOOGLE_STATUS_AFTER_MS: "3000",
  ELEVENLABS_WEBHOOK_ENABLED: "true",
  ELEVENLABS_WEBHOOK_SECRET: "elevenlabs-secret-of-the-chaos-runs",
  ELEVENLABS_API_KEY: "sandbox",
};

function sandboxVariables(url: string): Record<string, string> {
  return {
    GRAPH_BASE_URL: `${url}/graph/v26.0`,
    WHATSAPP_PHONE_NUMBER_ID: PHONE_NUMBER_ID,
    TELEGRAM_BASE_URL: `${url}/telegram`,
    N8N_DISPATCH_URL: `${url}/n8n/webhook/millrace`,
    GOOGLE_DATAMANAGER_BASE_URL: `${url}/datamanager/v1`,
    GOOGLE_ACCESS_TOKEN: "sandbox",
    ELEVENLABS_BASE_URL: `${url}/elevenlabs`,
    ALERT_WEBHOOK_URL: `${url}/alerts`,
    ALERT_WEBHOOK_FORMAT: "json",
  };
}
