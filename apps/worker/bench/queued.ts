import { createLogger, formatsOf, type InboundEvent, uuidv7 } from "@millrace/core";
import type { Database } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { createProducer, openQueueBackend, queueDefinition } from "@millrace/queue";
import { until } from "@millrace/testing/servers";
import { readEnabledIntegration } from "../src/env.ts";
import { startWorker } from "../src/worker.ts";
import { localPorts, localStores } from "../test/harness/local-deps.ts";

const DEFINITION = queueDefinition("whatsapp", "inbound");

/** Jobs of a queue at a time, by the default of WORKER_CONCURRENCY. */
const CONCURRENCY = 16;

/** The integrations of a worker. With the AI, each text belongs to an AI turn. Its job is enqueued and does not run here. */
export function workerIntegrations(withAi: boolean) {
  const environment = {
    N8N_DISPATCH_URL: "http://127.0.0.1:9/webhook",
    N8N_ALLOWED_NETWORKS: "127.0.0.0/8",
    N8N_WEBHOOK_SECRET: "a-secret-of-the-benchmark",
    WHATSAPP_APP_SECRET: "a-secret-of-the-benchmark",
    WHATSAPP_ACCESS_TOKEN: "a-token-of-the-benchmark",
  };
  const ids = withAi ? ["whatsapp", "n8n"] : ["whatsapp"];
  return integrations
    .filter(({ id }) => ids.includes(id))
    .map((integration) => readEnabledIntegration(integration, environment));
}

/** Starts a worker for the texts of WhatsApp. The caller stops it. */
export function startTextWorker(database: Database, backend: ReturnType<typeof openQueueBackend>, withAi: boolean) {
  return startWorker({
    stores: localStores(database, backend),
    ports: localPorts(createLogger("bench", "warn"), Math.random),
    integrations: workerIntegrations(withAi),
    formats: formatsOf(integrations),
    consumption: { concurrency: CONCURRENCY, queues: [DEFINITION.name], expiresAfterMs: {} },
  });
}

/** Enqueues texts and then starts a worker. Returns texts per second, from its start to the last commit. */
export async function runQueued(
  database: Database,
  queueUrl: string,
  events: readonly InboundEvent[],
  withAi: boolean,
): Promise<number> {
  const backend = openQueueBackend(queueUrl, "consumer", 4);
  const producer = createProducer(backend, DEFINITION);
  for (let from = 0; from < events.length; from += 500) await producer.enqueue(events.slice(from, from + 500));
  const first = uuidv7();
  const startedAt = performance.now();
  const worker = startTextWorker(database, backend, withAi);
  await until("every text is a row", async () => (await countMessages(database, first)) === events.length, 120_000);
  const seconds = (performance.now() - startedAt) / 1000;
  await worker.stop(1_000);
  await producer.close();
  await backend.close();
  return events.length / seconds;
}

/** Counts the messages since an id. Ids grow with time, so that this reads an index of the new rows only. */
async function countMessages(database: Database, first: string): Promise<number> {
  const [row] = await database.sql.unsafe<{ count: number }[]>(
    "select count(*)::int from messages where id > $1",
    [first],
    { prepare: true },
  );
  return row?.count ?? 0;
}
