import { serve } from "@hono/node-server";
import {
  createLogger,
  EnvironmentError,
  fetchDownload,
  fetchHttp,
  type Logger,
  systemNow,
  uuidv7,
  withDeadline,
} from "@millrace/core";
import { createRetention, openDatabase, pendingMigrations } from "@millrace/db";
import { openMediaStore } from "@millrace/media";
import { createQueueWatch, openQueueBackend, queueCatalogue, logQueueStoreChecks } from "@millrace/queue";
import { createDatabaseOutages, type DatabaseOutages } from "./alerts/database-outages.ts";
import { createAlertEvaluation, EVALUATION_INTERVAL_MS } from "./alerts/evaluate.ts";
import { sendScopesOf } from "./alerts/unfinished-messages.ts";
import { readWorkerConfig, type WorkerConfig } from "./env.ts";
import { createHealthApp } from "./health.ts";
import { startLoop } from "./loops/loop.ts";
import { runWhileMigrated } from "./loops/migrated.ts";
import { startRetention } from "./loops/retention.ts";
import { consumedQueues, startWorker } from "./worker.ts";
import type { WorkerPorts, WorkerStores } from "./worker-deps.ts";

/** How long a stop waits for running jobs before it returns them to the queue, in ms. Containers are killed after 30 s. */
const STOP_DEADLINE_MS = 20_000;

/** Connections that all queues of a worker share on Postgres, besides one for each queue. */
const QUEUE_CONNECTIONS = 10;

/** How long Postgres may take to report its migrations, in ms. */
const MIGRATIONS_DEADLINE_MS = 5_000;

/** Total time for a stop, in ms. */
const EXIT_DEADLINE_MS = 25_000;

function openStores(
  { databaseUrl, queueUrl, media, concurrency, integrations }: WorkerConfig,
  log: Logger,
): WorkerStores {
  const connections = Math.min(concurrency, 16);
  // Each channel has a connection of its own for the takeover lock.
  const channels = integrations.filter(({ capabilities }) => capabilities?.send).length;
  return {
    backend: openQueueBackend(queueUrl, "consumer", QUEUE_CONNECTIONS, log),
    database: openDatabase(databaseUrl, {
      maxConnections: connections + 2,
      name: "millrace-worker",
    }),
    lockDatabase: openDatabase(databaseUrl, {
      maxConnections: Math.max(connections, channels),
      name: "millrace-takeover-lock",
    }),
    media: openMediaStore(media),
  };
}

function startAlerts(
  config: WorkerConfig,
  { backend, database }: WorkerStores,
  ports: WorkerPorts,
  outages: DatabaseOutages,
) {
  const watch = createQueueWatch(backend, queueCatalogue(config.integrations), ports.now);
  const evaluate = createAlertEvaluation({
    config: config.alerts,
    database,
    watch,
    outages,
    sendScopes: sendScopesOf(config.integrations),
    ports,
  });
  const loop = startLoop(EVALUATION_INTERVAL_MS, evaluate, (error) =>
    ports.log.warn({ err: error }, "alerts.evaluation_failed"),
  );
  return {
    async stop() {
      await loop.stop();
      await watch.close();
    },
  };
}

/** Starts everything that needs the tables of this version. */
function startWork(config: WorkerConfig, stores: WorkerStores, ports: WorkerPorts, outages: DatabaseOutages) {
  const { integrations, formats, queues, concurrency, expiresAfterMs } = config;
  const consumption = { queues, concurrency, expiresAfterMs };
  const worker = startWorker({ stores, ports, integrations, formats, consumption, outages });
  const alerts = startAlerts(config, stores, ports, outages);
  const retention = startRetention({ retention: createRetention(stores.database), days: config.retentionDays, ports });
  return {
    stop: async () => {
      await Promise.all([alerts.stop(), retention.stop(), worker.stop(STOP_DEADLINE_MS)]);
    },
  };
}

/** Runs the worker until a signal ends it. A wrong variable ends it with exit code 1 and a line per variable. */
export async function runWorker(): Promise<void> {
  await start().catch((error: unknown) => {
    process.stderr.write(`${error instanceof EnvironmentError ? error.message : String(error)}\n`);
    process.exit(1);
  });
}

async function start(): Promise<void> {
  const config = readWorkerConfig();
  // A wrong variable ends the process at once, also while migrations are missing.
  consumedQueues(queueCatalogue(config.integrations), config.queues);
  const log = createLogger("worker", config.logLevel);
  const ports = {
    http: fetchHttp,
    download: fetchDownload,
    log,
    now: systemNow,
    newId: uuidv7,
    random: Math.random,
  };
  const stores = openStores(config, log);
  const outages = createDatabaseOutages(ports.now, log);
  const work = runWhileMigrated({
    countPending: () => withDeadline(pendingMigrations(stores.database), MIGRATIONS_DEADLINE_MS),
    start: () => startWork(config, stores, ports, outages),
    log,
  });
  void logQueueStoreChecks(config.queueUrl, log);
  const health = createHealthApp(
    () => Promise.all([stores.database.ping(), stores.backend.checkWritable()]),
    () => work.waitsFor(),
  );
  const server = serve({ fetch: health.fetch, port: config.port }, ({ port }) => {
    log.info({ port, queue: stores.backend.kind, concurrency: config.concurrency }, "worker.ready");
  });
  server.on("error", (error) => {
    log.error({ err: error, port: config.port }, "worker.cannot_listen");
    process.exit(1);
  });

  const stop = async () => {
    log.info({}, "worker.stopping");
    setTimeout(() => process.exit(1), EXIT_DEADLINE_MS).unref();
    server.close();
    await work.stop();
    await stores.backend.close();
    await stores.database.close();
    await stores.lockDatabase.close();
    log.info({}, "worker.stopped");
    process.exit(0);
  };
  process.once("SIGTERM", () => void stop());
  process.once("SIGINT", () => void stop());
}
