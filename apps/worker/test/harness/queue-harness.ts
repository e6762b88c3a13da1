import {
  EVENT_VERSION,
  type InboundEvent,
  type LeaseStore,
  type ProbeIntervals,
  type QueueRole,
  uuidv7,
} from "@millrace/core";
import { createDeadLetters, createLeases, createPausedJobs, createPauses, openDatabase } from "@millrace/db";
import {
  type Consumer,
  type ConsumerTimings,
  createFlowControl,
  createQueueReader,
  type EventProcessor,
  openQueueBackend,
  queueDefinition,
  startConsumer,
} from "@millrace/queue";
import { openRows, recordingLogger } from "@millrace/testing";
import { createPatientProducer } from "./patient-producer.ts";

/** The outage of our own store that a processor of these tests throws. */
export class OutageError extends Error {}

/** Short times, for fast tests. */
const TEST_TIMINGS: Partial<ConsumerTimings> = {
  lockMs: 1_000,
  stalledCheckMs: 300,
  leaseMs: 900,
  sweepMs: 200,
  outageMs: 100,
};

/** Options of {@link openQueueHarness}. */
export type QueueHarnessOptions = {
  /** Longer than any test by default, so that a paused account is only probed early because its probe was returned. */
  probes?: ProbeIntervals;
  timings?: Partial<ConsumerTimings>;
  /** In place of each random number: by default, retries wait for a twentieth of their longest delay. */
  random?: number;
};

/** One queue of the integration `fake`, with any number of consumers that run a processor of the test. */
export async function openQueueHarness(
  databaseUrl: string,
  queueUrl: string,
  role: QueueRole,
  { probes = { firstMs: 60_000, longestMs: 60_000 }, timings = {}, random = 0.05 }: QueueHarnessOptions = {},
) {
  const database = openDatabase(databaseUrl, { maxConnections: 6, name: "test-queue" });
  const backend = openQueueBackend(queueUrl, "consumer", 6);
  const definition = queueDefinition("fake", role);
  const producer = createPatientProducer(backend, definition);
  const reader = createQueueReader(backend, [definition]);
  const log = recordingLogger();
  const rows = openRows(databaseUrl);
  const now = () => new Date();
  const consumers: Consumer[] = [];
  return {
    database,
    backend,
    definition,
    producer,
    reader,
    log,
    startConsumer(
      process: EventProcessor["process"] | Pick<EventProcessor, "process" | "processTogether">,
      scopes: readonly string[] = [],
      leases: LeaseStore = createLeases(database),
    ): Consumer {
      const consumer = startConsumer({
        backend,
        definition,
        processor: {
          ...(typeof process === "function" ? { process } : process),
          scopes: () => scopes,
          isOutage: (error) => error instanceof OutageError,
        },
        flowControl: createFlowControl({
          pauses: createPauses(database, uuidv7),
          pausedJobs: createPausedJobs(database),
          now,
          random: () => 0,
          probes,
        }),
        deadLetters: createDeadLetters(database, uuidv7),
        leases,
        workerId: uuidv7(),
        log: log.log,
        now,
        random: () => random,
        concurrency: 4,
        timings: { ...TEST_TIMINGS, ...timings },
      });
      consumers.push(consumer);
      return consumer;
    },
    /** Enqueues one event per id, one after the other. */
    async enqueue(...ids: readonly string[]): Promise<void> {
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

/** An event with an empty payload; with `notBefore` its job is delayed until then. */
export function eventOf(id: string, notBefore?: Date): InboundEvent {
  const event = { v: EVENT_VERSION, integration: "fake", kind: "fake", payload: {} } as const;
  const delay = notBefore && { notBefore: notBefore.toISOString() };
  return { ...event, id, correlationId: `corr-${id}`, receivedAt: new Date().toISOString(), ...delay };
}
