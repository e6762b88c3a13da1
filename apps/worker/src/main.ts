import { serve } from "@hono/node-server";
import { createLogger, EnvironmentError, fetchDownload, fetchHttp, systemNow, uuidv7 } from "@millrace/core";
import { createRetention, openDatabase } from "@millrace/db";
import { openMediaStore } from "@millrace/media";
import { createQueueWatch, openQueueBackend, queueCatalogue, warnOfQueueStore } from "@millrace/queue";
import { createRound } from "./alerts/evaluate.ts";
import { startWatcher } from "./loops/loop.ts";
import { readWorkerConfig } from "./env.ts";
import { createHealthApp } from "./health.ts";
import { startRetention } from "./loops/retention.ts";
import { startWorker } from "./worker.ts";

/** How long a stop waits for running jobs before it gives them back, in ms; containers are killed after 30 s. */
const STOP_DEADLINE_MS = 20_000;

/** Connections that all queues of a worker share on Postgres, besides one for each. */
const QUEUE_CONNECTIONS = 10;

/** How long a stop may take in all, in ms. */
const EXIT_DEADLINE_MS = 25_000;

async function main(): Promise<void> {
  const config = readWorkerConfig();
  const log = createLogger("worker", config.logLevel);
  const database = openDatabase(config.databaseUrl, {
    maxConnections: Math.min(config.concurrency, 16) + 2,
    name: "millrace-worker",
  });
  const lockDatabase = openDatabase(config.databaseUrl, {
    maxConnections: Math.min(config.concurrency, 16),
    name: "millrace-fence",
  });
  const backend = openQueueBackend(config.queueUrl, "consumer", QUEUE_CONNECTIONS);
  const worker = startWorker({
    backend,
    database,
    lockDatabase,
    integrations: config.integrations,
    formats: config.formats,
    queues: config.queues,
    concurrency: config.concurrency,
    http: fetchHttp,
    download: fetchDownload,
    media: openMediaStore(config.media),
    log,
    now: systemNow,
    newId: uuidv7,
    random: Math.random,
  });
  const watch = createQueueWatch(backend, queueCatalogue(config.integrations), systemNow);
  const parts = { ...config.alerts, database, watch, http: fetchHttp, log, now: systemNow, newId: uuidv7 };
  const watcher = startWatcher(createRound(parts), log);
  void warnOfQueueStore(config.queueUrl, log);
  const retention = startRetention({
    retention: createRetention(database),
    keptDays: config.keptDays,
    log,
    now: systemNow,
  });
  const health = createHealthApp(() => Promise.all([database.ping(), backend.ping()]));
  const server = serve({ fetch: health.fetch, port: config.port }, ({ port }) => {
    log.info({ port, queue: backend.kind, concurrency: config.concurrency }, "worker.ready");
  });
  server.on("error", (error) => {
    log.error({ err: error, port: config.port }, "worker.cannot_listen");
    process.exit(1);
  });

  const stop = async () => {
    log.info({}, "worker.stopping");
    setTimeout(() => process.exit(1), EXIT_DEADLINE_MS).unref();
    server.close();
    await Promise.all([watcher.stop(), retention.stop(), worker.stop(STOP_DEADLINE_MS)]);
    await watch.close();
    await backend.close();
    await database.close();
    await lockDatabase.close();
    log.info({}, "worker.stopped");
    process.exit(0);
  };
  process.once("SIGTERM", () => void stop());
  process.once("SIGINT", () => void stop());
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof EnvironmentError ? error.message : String(error)}\n`);
  process.exit(1);
});
