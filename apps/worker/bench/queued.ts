import { createLogger, type EventHandler, type InboundEvent } from "@millrace/core";
import { createEventStatuses, type Database } from "@millrace/db";
import { createProducer, queueDefinition, openQueueBackend } from "@millrace/queue";
import { until } from "@millrace/testing/servers";
import { startWorker } from "../src/worker.ts";
import { localParts } from "../test/local-parts.ts";

/** Puts these events into the queue, then lets a worker take them out. Events per second, from its start to the last commit. */
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
  const ledger = createEventStatuses(database);
  const { done } = await ledger.counts("whatsapp");
  const startedAt = performance.now();
  const worker = startWorker({
    ...localParts(database),
    backend,
    integrations: [{ id: "whatsapp", handler }],
    concurrency,
    log: createLogger("bench", "warn"),
    random: Math.random,
  });
  await until("all are done", async () => (await ledger.counts("whatsapp")).done === done + events.length, 120_000);
  const seconds = (performance.now() - startedAt) / 1000;
  await worker.stop(1_000);
  await producer.close();
  await backend.close();
  return events.length / seconds;
}
