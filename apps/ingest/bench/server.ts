import { serve } from "@hono/node-server";
import { createLogger, systemNow, uuidv7 } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { createProducer, openQueueBackend, type Producer, queueDefinition } from "@millrace/queue";
import { createIngestApp } from "../src/app.ts";
import { benchEnvironment } from "./requests.ts";

// Serves the ingest app in a process of its own. The argument is the URL of the queue, or `none` for no queue.
const [, , queueUrl = "none"] = process.argv;

const noQueue: Producer = {
  enqueue: () => Promise.resolve(),
  promote: () => Promise.resolve(false),
  close: () => Promise.resolve(),
};

async function openProducer(): Promise<Producer> {
  const backend = openQueueBackend(queueUrl, "producer", 4);
  return createProducer(backend, queueDefinition("whatsapp", "inbound"));
}

const producer = queueUrl === "none" ? noQueue : await openProducer();
const app = createIngestApp({
  webhooks: new Map(integrations.map((integration) => [integration.id, integration.webhooks(benchEnvironment)])),
  publicUrl: undefined,
  apis: new Map(),
  apiKeys: [],
  producerOf: () => producer,
  checkQueue: () => Promise.resolve(),
  log: createLogger("bench", "info"),
  now: systemNow,
  newId: uuidv7,
});
process.once("SIGINT", () => process.exit(0));
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => process.send?.(port));
