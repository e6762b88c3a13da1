import { randomBytes } from "node:crypto";
import { serve, type ServerType } from "@hono/node-server";
import { createLogger, EnvironmentError, systemNow, uuidv7 } from "@millrace/core";
import { openDatabase } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { openQueueBackend, queueCatalogue } from "@millrace/queue";
import { createDashboardApp } from "./app.ts";
import { readDashboardConfig } from "./env.ts";

/** How long a stop waits for running requests, in ms. */
const STOP_DEADLINE_MS = 10_000;

/** Connections of the tables. Few are enough: an operator opens a page every few seconds. */
const DATABASE_CONNECTIONS = 4;

/** The longest time that a statement may take, in s. A change of all dead letters can take a minute. */
const SILENCE_SECONDS = 120;

/** Connections per queue on Postgres. The board sends a queue a few small queries every few seconds. */
const QUEUE_CONNECTIONS = 2;

/** Runs the dashboard until a signal ends it. A wrong variable ends it with exit code 1 and a line per variable. */
export async function runDashboard(): Promise<void> {
  await start().catch((error: unknown) => {
    process.stderr.write(`${error instanceof EnvironmentError ? error.message : String(error)}\n`);
    process.exit(1);
  });
}

async function start(): Promise<void> {
  const config = readDashboardConfig();
  const log = createLogger("dashboard", config.logLevel);
  const backend = openQueueBackend(config.queueUrl, "operator", QUEUE_CONNECTIONS);
  const definitions = queueCatalogue(integrations);
  const queues = definitions.map(({ name }) => backend.queue(name));
  const database = openDatabase(config.databaseUrl, {
    maxConnections: DATABASE_CONNECTIONS,
    name: "millrace-dashboard",
    silenceSeconds: SILENCE_SECONDS,
  });
  const app = createDashboardApp({
    queue: { queues, definitions, checkWritable: backend.checkWritable },
    integrations,
    database,
    access: config.access,
    runtime: { now: systemNow, newId: uuidv7, newToken: () => randomBytes(32).toString("base64url") },
    log,
  });
  const server: ServerType = serve({ fetch: app.fetch, port: config.port }, ({ port }) => {
    log.info({ port, queue: backend.kind, queues: queues.length }, "dashboard.ready");
  });
  server.on("error", (error) => {
    log.error({ err: error, port: config.port }, "dashboard.cannot_listen");
    process.exit(1);
  });

  const stop = async () => {
    log.info({}, "dashboard.stopping");
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    await new Promise((resolve) => server.close(resolve));
    for (const queue of queues) await queue.close();
    await backend.close();
    await database.close();
    process.exit(0);
  };
  process.once("SIGTERM", () => void stop());
  process.once("SIGINT", () => void stop());
}
