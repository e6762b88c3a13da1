import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { type Environment, type Question, type Random, systemNow, uuidv7 } from "@millrace/core";
import { assignAccounts, openDatabase } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { openMediaStore } from "@millrace/media";
import { type Consumer, openQueueBackend, queueCatalogue } from "@millrace/queue";
import { createSandboxApp, type SentMessage } from "@millrace/sandbox";
import {
  createTestDatabase,
  openRows,
  type QueueStore,
  recordingLogger,
  temporaryFolder,
  until,
} from "@millrace/testing";
import { type WorkerTestTimings, startConversationWorker } from "./conversation-worker.ts";
import { openIngest } from "./ingest.ts";

/** A row of messages. */
export type MessageRow = {
  id: string;
  conversation_id: string;
  direction: string;
  author: string | null;
  body: string | null;
  status: string;
  error: string | null;
  external_id: string | null;
  position: number | null;
};

/** Options of {@link openConversationHarness}. */
type ConversationsOptions = {
  variables?: Environment;
  /** Whether the sandbox enforces the platforms' rate limits. */
  limits?: boolean;
  /** Whether the sandbox's AI answers by itself; otherwise the test answers. */
  answers?: boolean;
  /** Runs before the sandbox handles a request; the request waits for it. */
  beforeRequest?: (request: Request) => Promise<void>;
  random?: Random;
};

/**
 * Conversations from the request to the provider: the real integrations, a database, a queue, any number of workers,
 * and the sandbox in place of the providers. The sandbox's webhooks are delivered as through ingest.
 */
export async function openConversationHarness(
  store: QueueStore,
  { variables = {}, limits = false, answers = true, beforeRequest, random }: ConversationsOptions = {},
) {
  const testDatabase = await createTestDatabase();
  const database = openDatabase(testDatabase.url, { maxConnections: 12, name: "test" });
  const lockDatabase = openDatabase(testDatabase.url, { maxConnections: 8, name: "test-takeover-lock" });
  const accounts = ["whatsapp", "telegram"].map((provider) => ({ provider, externalId: "*", tenantName: "Mill" }));
  await assignAccounts(database.orm, accounts, uuidv7);
  const rows = openRows(testDatabase.url);

  const secrets = Object.fromEntries(
    integrations.flatMap(({ local }) => local.secrets).map((name) => [name, `${name}-secret`]),
  );
  const sandbox = createSandboxApp({
    now: systemNow,
    deliver: (delivery) => countWhile(ingest.deliver(delivery)),
    whatsappAppSecret: secrets["WHATSAPP_APP_SECRET"],
    n8nSecret: answers ? secrets["N8N_WEBHOOK_SECRET"] : undefined,
    limits,
  });
  const observed = async (request: Request) => {
    await beforeRequest?.(request.clone());
    return sandbox.fetch(request);
  };
  const server = serve({ fetch: beforeRequest ? observed : sandbox.fetch, port: 0, hostname: "127.0.0.1" });
  await until("the sandbox listens", () => server.listening);
  const sandboxUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const endpoints = integrations.map(({ local }) => local.endpoints({}, sandboxUrl));
  const environment: Environment = Object.assign({}, secrets, ...endpoints, variables);

  const queueUrl = await store.url(testDatabase.url);
  const backend = openQueueBackend(queueUrl, "consumer", 8);
  const ingest = openIngest(backend, environment);
  const queues = queueCatalogue(integrations).map(({ name }) => backend.queue(name));
  const log = recordingLogger();
  const mediaFolder = temporaryFolder();
  const media = openMediaStore({ store: "folder", folder: mediaFolder });
  const workers: Consumer[] = [];
  const removedAfterStall = new Set<string>();
  let undelivered = 0;

  /** Counts a callback of the sandbox until it is delivered. */
  async function countWhile(delivery: Promise<void>): Promise<void> {
    undelivered += 1;
    await delivery.finally(() => {
      undelivered -= 1;
    });
  }

  return {
    rows,
    log,
    sandboxUrl,
    database,
    /** Calls an API route. */
    enqueue: ingest.enqueue,
    call: ingest.call,
    /** Delivers a request with its own credentials, as through ingest. */
    deliver: ingest.deliver,
    databaseUrl: testDatabase.url,
    queueUrl,
    environment,
    backend,
    mediaFolder,
    /** Enqueues parsed events, as ingest does. */
    receiveWhatsapp: ingest.receiveWhatsapp,
    receiveWhatsappTexts: ingest.receiveWhatsappTexts,
    receiveTelegram: ingest.receiveTelegram,
    /** Every accepted event, in order. */
    accepted: ingest.accepted,
    /** How many jobs and callbacks of the sandbox are unfinished, and how many jobs have failed. */
    async jobCounts(): Promise<{ unfinished: number; failed: number }> {
      const counts = await Promise.all(
        queues.map((queue) => queue.getJobCounts("waiting", "active", "delayed", "prioritized", "failed")),
      );
      const sum = (...states: string[]) =>
        counts.flatMap((count) => states.map((state) => count[state] ?? 0)).reduce((one, two) => one + two, 0);
      return { unfinished: undelivered + sum("waiting", "active", "delayed", "prioritized"), failed: sum("failed") };
    },
    /** Makes the queue lose all its jobs. */
    loseData: () => store.loseData(queueUrl),
    /** Removes the completed jobs, as the queues do after an hour. */
    async removeCompletedJobs(): Promise<void> {
      for (const queue of queues) {
        for (let jobs = await queue.getCompleted(0, 19); jobs.length > 0; jobs = await queue.getCompleted(0, 19)) {
          for (const job of jobs) {
            if (job.stalledCounter > 0) removedAfterStall.add(job.id ?? "");
            await job.remove();
          }
        }
      }
    },
    /** Whether another worker took over a job: the job's worker was lost, or renewed its lock too late. */
    async hasStalled(jobId: string): Promise<boolean> {
      const found = await Promise.all(queues.map((queue) => queue.getJob(jobId)));
      return removedAfterStall.has(jobId) || found.some((job) => job !== undefined && job.stalledCounter > 0);
    },
    /** Starts a worker. `variablesOfWorker` replace those of the harness for it alone. */
    startWorker(timings: WorkerTestTimings = {}, variablesOfWorker: Environment = {}): Consumer {
      const ofWorker = { ...environment, ...variablesOfWorker };
      const worker = startConversationWorker(
        { database, lockDatabase, backend, environment: ofWorker, media, log: log.log, random },
        timings,
      );
      workers.push(worker);
      return worker;
    },
    /** Makes the sandbox fail the requests that match. */
    async injectFault(fault: Record<string, unknown>): Promise<void> {
      const response = await fetch(`${sandboxUrl}/_faults`, { method: "POST", body: JSON.stringify(fault) });
      if (!response.ok) throw new Error(`the sandbox does not support the fault: ${await response.text()}`);
    },
    /** The messages that the sandbox received, in order. */
    async sent(): Promise<SentMessage[]> {
      return (await (await fetch(`${sandboxUrl}/_sent`)).json()) as SentMessage[];
    },
    /** The questions that the AI received, in order. */
    async questions(): Promise<Question[]> {
      const received = (await (await fetch(`${sandboxUrl}/_n8n/asked`)).json()) as { question: Question }[];
      return received.map(({ question }) => question);
    },
    /** Makes the AI send the answers that it holds back. */
    async releaseAnswers(): Promise<void> {
      await fetch(`${sandboxUrl}/_n8n/release`, { method: "POST" });
    },
    messages: (where = "true") =>
      rows.rows<MessageRow>(
        `select id, conversation_id, direction, author, body, status, error, external_id, position from messages
         where ${where} order by conversation_id, position, sent_at`,
      ),
    async close() {
      await Promise.all(workers.map((worker) => worker.stop(200)));
      await ingest.close();
      for (const queue of queues) await queue.close();
      await backend.close();
      await rows.close();
      await database.close();
      await lockDatabase.close();
      await new Promise((resolve) => server.close(resolve));
      await testDatabase.drop();
    },
  };
}
