import { EVENT_VERSION, type InboundEvent, type Random, uuidv7 } from "@millrace/core";
import {
  assignAccounts,
  createEventStatuses,
  createReplays,
  type Database,
  type EventStatuses,
  migrateDatabase,
  openDatabase,
  type Replays,
} from "@millrace/db";
import {
  type Consumer,
  createProducer,
  createQueueReader,
  queueDefinition,
  openQueueBackend,
  type Producer,
  type QueueBackend,
  type QueueReader,
} from "@millrace/queue";
import { openRows, recordingLogger } from "@millrace/testing";
import { startWorker, type WorkerParts } from "../src/worker.ts";
import { localParts } from "./local-parts.ts";
import { type Probe, type ProbeHandler, probeHandler } from "./probe.ts";

/** A dead letter as it stands in the table. */
export type DeadLetterRow = {
  job_id: string;
  state: string;
  error_kind: string;
  error: string;
  attempts: number;
  correlation_id: string;
};

/** A queue, a database and any number of workers in this process, for events of the integration `probe`. */
export type Pipe = {
  database: Database;
  databaseUrl: string;
  queueUrl: string;
  backend: QueueBackend;
  producer: Producer;
  reader: QueueReader;
  ledger: EventStatuses;
  replays: Replays;
  probe: ProbeHandler;
  log: ReturnType<typeof recordingLogger>;
  /** Starts a worker. */
  work(timings?: WorkerParts["timings"], random?: Random): Consumer;
  /** Enqueues a probe under an id. */
  send(id: string, probe: Probe): Promise<void>;
  /** How often each event took effect. */
  effects(): Promise<Record<string, number>>;
  deadLetters(): Promise<DeadLetterRow[]>;
  /** Makes Postgres refuse the dead letters of the jobs whose ids match, and of no others any more. */
  refuseDeadLettersOf(pattern: string): Promise<void>;
  close(): Promise<void>;
};

/** Times that make a test short. */
const QUICK: WorkerParts["timings"] = {
  lockMs: 1_000,
  stalledCheckMs: 300,
  sweepMs: 200,
  outageMs: 200,
  probeMs: 400,
  replayStepMs: 50,
  replayOverdueMs: 500,
};

/** Sets the pipe up on an empty database and queue store. */
export async function openPipe(databaseUrl: string, queueUrl: string): Promise<Pipe> {
  const database = openDatabase(databaseUrl, { maxConnections: 8, name: "test-pipe" });
  await migrateDatabase(database);
  await assignAccounts(database.orm, [{ provider: "probe", externalId: "1", tenantName: "Test" }], uuidv7);
  const backend = openQueueBackend(queueUrl, "consumer", 4);
  await backend.migrate();
  const definition = queueDefinition("probe", "inbound");
  const producer = createProducer(backend, definition);
  const reader = createQueueReader(backend, [definition]);
  const probe = probeHandler(() => new Date(Date.now() + 500));
  const log = recordingLogger();
  const sql = openRows(databaseUrl);
  const consumers: Consumer[] = [];
  return {
    database,
    databaseUrl,
    queueUrl,
    backend,
    producer,
    reader,
    ledger: createEventStatuses(database),
    replays: createReplays(database, uuidv7, () => new Date()),
    probe,
    log,
    work(timings = {}, random = () => 0) {
      const started = startWorker({
        ...localParts(database),
        backend,
        integrations: [{ id: "probe", handler: probe.handler }],
        concurrency: 8,
        log: log.log,
        random,
        timings: { ...QUICK, ...timings },
      });
      consumers.push(started);
      return started;
    },
    send: (id, payload) => producer.enqueue([probeEvent(id, payload)]),
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
      await Promise.all(consumers.map((consumer) => consumer.stop(100)));
      await producer.close();
      await reader.close();
      await backend.close();
      await sql.close();
      await database.close();
    },
  };
}

/** A probe as an event. */
export function probeEvent(id: string, payload: Probe): InboundEvent {
  return {
    v: EVENT_VERSION,
    integration: "probe",
    id,
    kind: "probe",
    correlationId: `corr-${id}`,
    receivedAt: new Date().toISOString(),
    payload,
  };
}
