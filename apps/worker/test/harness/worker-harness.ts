import { EVENT_VERSION, type InboundEvent, type Random, uuidv7 } from "@millrace/core";
import {
  assignAccounts,
  createEventStatuses,
  createReplays,
  type Database,
  type EventStatuses,
  openDatabase,
  type Replays,
} from "@millrace/db";
import {
  type Consumer,
  createQueueReader,
  queueDefinition,
  openQueueBackend,
  type Producer,
  type QueueBackend,
  type QueueReader,
} from "@millrace/queue";
import { openRows, recordingLogger } from "@millrace/testing";
import { startWorker } from "../../src/worker.ts";
import type { WorkerDeps } from "../../src/worker-deps.ts";
import { type FakeIntegration, fakeIntegration, type FakePayload } from "./fake-integration.ts";
import { localPorts, localStores } from "./local-deps.ts";
import { createPatientProducer } from "./patient-producer.ts";

/** A row of dead_letters. */
export type DeadLetterRow = {
  job_id: string;
  state: string;
  error_kind: string;
  error: string;
  attempts: number;
  correlation_id: string;
};

/** A queue, a database and any number of workers in this process, for events of the fake integration. */
export type WorkerHarness = {
  database: Database;
  databaseUrl: string;
  queueUrl: string;
  backend: QueueBackend;
  producer: Producer;
  reader: QueueReader;
  eventStatuses: EventStatuses;
  replays: Replays;
  integration: FakeIntegration;
  log: ReturnType<typeof recordingLogger>;
  startWorker(timings?: WorkerDeps["timings"], random?: Random): Consumer;
  enqueue(id: string, payload: FakePayload, fields?: Partial<InboundEvent>): Promise<void>;
  /** How often each event took effect, by event id. */
  effects(): Promise<Record<string, number>>;
  deadLetters(): Promise<DeadLetterRow[]>;
  /** Makes Postgres refuse the dead letters of the jobs with matching ids; a later call replaces the pattern. */
  refuseDeadLettersOf(pattern: string): Promise<void>;
  close(): Promise<void>;
};

/** Short times, for fast tests. */
const TEST_TIMINGS: WorkerDeps["timings"] = {
  lockMs: 1_000,
  stalledCheckMs: 300,
  leaseMs: 900,
  sweepMs: 200,
  outageMs: 200,
  probes: { firstMs: 100, longestMs: 400 },
  resumeStepMs: 50,
  replayStepMs: 50,
  replayOverdueMs: 500,
};

/** Opens a harness on an empty database and an empty queue store. */
export async function openWorkerHarness(databaseUrl: string, queueUrl: string): Promise<WorkerHarness> {
  const database = openDatabase(databaseUrl, { maxConnections: 8, name: "test-worker" });
  await assignAccounts(database.orm, [{ provider: "fake", externalId: "1", tenantName: "Test" }], uuidv7);
  const backend = openQueueBackend(queueUrl, "consumer", 4);
  const definition = queueDefinition("fake", "inbound");
  const producer = createPatientProducer(backend, definition);
  const reader = createQueueReader(backend, [definition]);
  const integration = fakeIntegration(() => new Date(Date.now() + 500));
  const log = recordingLogger();
  const sql = openRows(databaseUrl);
  const stores = localStores(database, backend);
  const workers: Consumer[] = [];
  return {
    database,
    databaseUrl,
    queueUrl,
    backend,
    producer,
    reader,
    eventStatuses: createEventStatuses(database),
    replays: createReplays(database, uuidv7, () => new Date()),
    integration,
    log,
    startWorker(timings = {}, random = () => 0) {
      const worker = startWorker({
        stores,
        ports: localPorts(log.log, random),
        integrations: [{ id: "fake", handler: integration.handler }],
        formats: [],
        consumption: { concurrency: 8, expiresAfterMs: {} },
        timings: { ...TEST_TIMINGS, ...timings },
      });
      workers.push(worker);
      return worker;
    },
    enqueue: (id, payload, fields) => producer.enqueue([{ ...fakeEvent(id, payload), ...fields }]),
    async effects() {
      const counted = await sql.rows<{ body: string; effects: number }>(
        "select body, count(*)::int as effects from messages group by body",
      );
      return Object.fromEntries(counted.map((row) => [row.body, row.effects]));
    },
    deadLetters: () =>
      sql.rows<DeadLetterRow>(
        "select job_id, state, error_kind, error, attempts, correlation_id from millrace.dead_letters order by job_id",
      ),
    async refuseDeadLettersOf(pattern) {
      await sql.rows("alter table millrace.dead_letters drop constraint if exists refused");
      await sql.rows(
        `alter table millrace.dead_letters add constraint refused check (job_id !~ '${pattern}') not valid`,
      );
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.stop(100)));
      await producer.close();
      await reader.close();
      await backend.close();
      await sql.close();
      await database.close();
    },
  };
}

/** An event of the fake integration. */
export function fakeEvent(id: string, payload: FakePayload): InboundEvent {
  return {
    v: EVENT_VERSION,
    integration: "fake",
    id,
    kind: "fake",
    correlationId: `corr-${id}`,
    receivedAt: new Date().toISOString(),
    payload,
  };
}
