import { createLogger, type EventHandler, type InboundEvent } from "@millrace/core";
import { createEventStatuses, type Database } from "@millrace/db";
import { createProducer, queueDefinition, openQueueBackend } from "@millrace/queue";
import { until } from "@millrace/testing/servers";
import { startWorker } from "../src/worker.ts";
import { localPorts, localStores } from "../test/harness/local-deps.ts";

/** Enqueues events and then starts a worker. Returns events per second, from its start to the last commit. */
export async function runQueued(
  database: Database,
  queueUrl: string,
  handler: EventHandler,
  events: readonly InboundEvent[],
  concurrency: number,
): Promise<number> {
  const backend = openQueueBackend(queueUrl, "consumer", 4);
  const producer = createProducer(backend, queueDefinition("whatsapp", "inbound"));
  for (let from = 0; from < events.length; from += 500) await producer.enqueue(events.slice(from, from + 500));
  const statuses = createEventStatuses(database);
  const { done } = await statuses.counts("whatsapp");
  const startedAt = performance.now();
  const worker = startWorker({
    stores: localStores(database, backend),
    ports: localPorts(createLogger("bench", "warn"), Math.random),
    integrations: [{ id: "whatsapp", handler }],
    formats: [],
    consumption: { concurrency, expiresAfterMs: {} },
  });
  await until(
    "every event is done",
    async () => (await statuses.counts("whatsapp")).done === done + events.length,
    120_000,
  );
  const seconds = (performance.now() - startedAt) / 1000;
  await worker.stop(1_000);
  await producer.close();
  await backend.close();
  return events.length / seconds;
}
