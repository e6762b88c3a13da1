import { setTimeout as wait } from "node:timers/promises";
import type { InboundEvent } from "@millrace/core";
import type { Database } from "@millrace/db";
import { createProducer, openQueueBackend, queueDefinition } from "@millrace/queue";
import { startTextWorker } from "./queued.ts";

/** Time between two texts, in ms: each is alone in the worker. */
const PAUSE_MS = 20;

/** Enqueues one text at a time. Returns the ms from the call until its event's row was committed, one per text. */
export async function measureLoneTexts(
  database: Database,
  queueUrl: string,
  events: readonly InboundEvent[],
): Promise<number[]> {
  const backend = openQueueBackend(queueUrl, "consumer", 4);
  const producer = createProducer(backend, queueDefinition("whatsapp", "inbound"));
  const worker = startTextWorker(database, backend, false);
  const times: number[] = [];
  for (const event of events) {
    await wait(PAUSE_MS);
    const startedAt = performance.now();
    await producer.enqueue([event]);
    while (!(await isDone(database, event))) await wait(0);
    times.push(performance.now() - startedAt);
  }
  await worker.stop(1_000);
  await producer.close();
  await backend.close();
  return times;
}

async function isDone(database: Database, event: InboundEvent): Promise<boolean> {
  const rows = await database.sql.unsafe(
    "select from millrace.webhook_events where integration = $1 and event_id = $2",
    [event.integration, event.id],
    { prepare: true },
  );
  return rows.length > 0;
}
