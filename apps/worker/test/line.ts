import { EVENT_VERSION, type InboundEvent, type QueueRole, uuidv7 } from "@millrace/core";
import { createDeadLetters, createPauses, migrateDatabase, openDatabase } from "@millrace/db";
import {
  type Consumer,
  type ConsumerTimings,
  createFlowControl,
  createProducer,
  createQueueReader,
  type EventProcessor,
  openQueueBackend,
  queueDefinition,
  startConsumer,
} from "@millrace/queue";
import { openRows, recordingLogger } from "@millrace/testing";

/** Our own store is away, as a processor of these tests says it. */
export class Outage extends Error {}

/** Times that make a test short. */
const QUICK: Partial<ConsumerTimings> = {
  lockMs: 1_000,
  stalledCheckMs: 300,
  sweepMs: 200,
  outageMs: 100,
  // Longer than any test: who tries a paused account before does so because the turn was given back.
  probeMs: 60_000,
};

/** One queue of the integration `probe`, and any number of consumers that do with its jobs what a test says. */
export async function openLine(
  databaseUrl: string,
  queueUrl: string,
  role: QueueRole,
  times: Partial<ConsumerTimings> = {},
) {
  const timings = { ...QUICK, ...times };
  const database = openDatabase(databaseUrl, { maxConnections: 6, name: "test-line" });
  await migrateDatabase(database);
  const backend = openQueueBackend(queueUrl, "consumer", 6);
  await backend.migrate();
  const definition = queueDefinition("probe", role);
  const producer = createProducer(backend, definition);
  const reader = createQueueReader(backend, [definition]);
  const log = recordingLogger();
  const rows = openRows(databaseUrl);
  const consumers: Consumer[] = [];
  return {
    database,
    backend,
    definition,
    producer,
    reader,
    log,
    /** Starts a consumer. */
    work(process: EventProcessor["process"], scopes: readonly string[] = []): Consumer {
      const consumer = startConsumer({
        backend,
        definition,
        processor: { process, scopes: () => scopes, isOutage: (error) => error instanceof Outage },
        gate: createFlowControl(
          createPauses(database),
          () => new Date(),
          () => 0,
          timings.probeMs,
        ),
        deadLetters: createDeadLetters(database, uuidv7),
        log: log.log,
        now: () => new Date(),
        random: () => 0.5,
        concurrency: 4,
        timings,
      });
      consumers.push(consumer);
      return consumer;
    },
    /** Enqueues events one after the other. */
    async send(...ids: readonly string[]): Promise<void> {
      for (const id of ids) await producer.enqueue([eventOf(id)]);
    },
    deadLetters: () =>
      rows.rows<{ job_id: string; error_kind: string }>(
        "select job_id, error_kind from millrace.dead_letters order by job_id",
      ),
    async close() {
      await Promise.all(consumers.map((consumer) => consumer.stop(100)));
      await producer.close();
      await reader.close();
      await backend.close();
      await rows.close();
      await database.close();
    },
  };
}

/** An event with nothing in it; `notBefore` when it has a time. */
export function eventOf(id: string, notBefore?: Date): InboundEvent {
  const base = { v: EVENT_VERSION, integration: "probe", kind: "probe", payload: {} } as const;
  const time = notBefore && { notBefore: notBefore.toISOString() };
  return { ...base, id, correlationId: `corr-${id}`, receivedAt: new Date().toISOString(), ...time };
}
