import { createLogger, type EventHandler, fetchHttp, type InboundEvent, systemNow, uuidv7 } from "@millrace/core";
import { createLedger, type Database } from "@millrace/db";
import { createProducer, inboundQueue, openQueueBackend } from "@millrace/queue";
import { until } from "@millrace/testing/servers";
import { startWorker } from "../src/worker.ts";

/** Puts these events into the queue, then lets a worker take them out. Events per second, from its start to the last commit. */
export async function runQueued(
  database: Database,
  queueUrl: string,
  handler: EventHandler,
  events: readonly InboundEvent[],
  concurrency: number,
): Promise<number> {
  const backend = openQueueBackend(queueUrl, "consumer", 4);
  const producer = createProducer(backend, inboundQueue("whatsapp"));
  for (let from = 0; from < events.length; from += 500) await producer.enqueue(events.slice(from, from + 500));
  const ledger = createLedger(database);
  const { done } = await ledger.counts("whatsapp");
  const startedAt = performance.now();
  const consumers = startWorker({
    backend,
    database,
    handlers: new Map([["whatsapp", handler]]),
    queues: undefined,
    concurrency,
    http: fetchHttp,
    log: createLogger("bench", "warn"),
    now: systemNow,
    newId: uuidv7,
    random: Math.random,
  });
  await until("all are done", async () => (await ledger.counts("whatsapp")).done === done + events.length, 120_000);
  const seconds = (performance.now() - startedAt) / 1000;
  await Promise.all(consumers.map((consumer) => consumer.stop(1_000)));
  await producer.close();
  await backend.close();
  return events.length / seconds;
}
