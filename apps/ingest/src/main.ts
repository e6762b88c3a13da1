import { setTimeout as wait } from "node:timers/promises";
import { serve, type ServerType } from "@hono/node-server";
import { createLogger, EnvironmentError, systemNow, uuidv7 } from "@millrace/core";
import {
  createProducer,
  openQueueBackend,
  type Producer,
  type QueueBackend,
  queueDefinition,
  logQueueStoreChecks,
} from "@millrace/queue";
import { createIngestApp } from "./app.ts";
import { readIngestConfig } from "./env.ts";
import { enabledIntegrations } from "./routes/health.ts";

/** How long a stop waits for running requests, in ms. */
const STOP_DEADLINE_MS = 10_000;

async function main(): Promise<void> {
  const config = readIngestConfig();
  const log = createLogger("ingest", config.logLevel);
  const backend = openQueueBackend(config.queueUrl, "producer", 4, log);
  const producers = new Map<string, Producer>();
  const app = createIngestApp({
    publicUrl: config.publicUrl,
    webhooks: config.webhooks,
    apis: config.apis,
    apiKeys: config.apiKeys,
    producerOf: (integration, role) => {
      const definition = queueDefinition(integration, role);
      const producer = producers.get(definition.name) ?? createProducer(backend, definition);
      producers.set(definition.name, producer);
      return producer;
    },
    checkQueue: backend.checkWritable,
    log,
    now: systemNow,
    newId: uuidv7,
  });
  await waitForQueue(backend);
  void logQueueStoreChecks(config.queueUrl, log);
  // A slow caller is disconnected after 10 s without complete headers and after 20 s without a complete request.
  const serverOptions = { headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 65_000 };
  const server: ServerType = serve({ fetch: app.fetch, port: config.port, serverOptions }, ({ port }) => {
    const integrations = enabledIntegrations(config);
    log.info({ port, queue: backend.kind, integrations, apiKeys: config.apiKeys.length }, "ingest.ready");
  });
  server.on("error", (error) => {
    log.error({ err: error, port: config.port }, "ingest.cannot_listen");
    process.exit(1);
  });

  const stop = async () => {
    log.info({}, "ingest.stopping");
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    // A kept-alive connection stays open until its caller closes it, unless it is closed here.
    if ("closeIdleConnections" in server) setInterval(() => server.closeIdleConnections(), 50).unref();
    await new Promise((resolve) => server.close(resolve));
    for (const producer of producers.values()) await producer.close();
    await backend.close();
    process.exit(0);
  };
  process.once("SIGTERM", () => void stop());
  process.once("SIGINT", () => void stop());
}

/** Waits up to 2 s for the queue, so that the first requests are accepted. Later, ingest answers 503 until the queue accepts writes. */
async function waitForQueue(backend: QueueBackend): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const answered = await backend.checkWritable().then(
      () => true,
      () => false,
    );
    if (answered) return;
    await wait(100);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof EnvironmentError ? error.message : String(error)}\n`);
  process.exit(1);
});
