import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { type Environment, type Question, type Random, systemNow, uuidv7 } from "@millrace/core";
import { assignAccounts, migrateDatabase, openDatabase } from "@millrace/db";
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
import { type QuickTimings, startConversationsWorker } from "./conversations-worker.ts";
import { openEntry } from "./entry.ts";

/** A message as its row stands. */
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

/** What differs from test to test. */
type ConversationsOptions = {
  variables?: Environment;
  /** Whether the sandbox keeps the platforms' limits. */
  limits?: boolean;
  /** Whether the sandbox's AI answers by itself; else the test does. */
  answers?: boolean;
  /** Is shown each request to the sandbox before that works on it. */
  arriving?: (request: Request) => Promise<void>;
  random?: Random;
};

/**
 * Conversations from the request to the provider, for tests: the integrations themselves, a database, a queue, any
 * number of workers, and the sandbox that plays the providers. Webhooks of the sandbox come back in, as through ingest.
 */
export async function openConversations(
  store: QueueStore,
  { variables = {}, limits = false, answers = true, arriving, random }: ConversationsOptions = {},
) {
  const testDatabase = await createTestDatabase();
  const database = openDatabase(testDatabase.url, { maxConnections: 12, name: "test" });
  const lockDatabase = openDatabase(testDatabase.url, { maxConnections: 12, name: "test-fence" });
  await migrateDatabase(database);
  const owned = ["whatsapp", "telegram"].map((provider) => ({ provider, externalId: "*", tenantName: "Mill" }));
  await assignAccounts(database.orm, owned, uuidv7);
  const rows = openRows(testDatabase.url);

  const secrets = Object.fromEntries(
    integrations.flatMap(({ local }) => local.secrets).map((name) => [name, `${name}-secret`]),
  );
  const sandbox = createSandboxApp({
    now: systemNow,
    deliver: (delivery) => follow(entry.insist(delivery)),
    whatsappAppSecret: secrets["WHATSAPP_APP_SECRET"],
    n8nSecret: answers ? secrets["N8N_WEBHOOK_SECRET"] : undefined,
    limits,
  });
  const watched = async (request: Request) => {
    await arriving?.(request.clone());
    return sandbox.fetch(request);
  };
  const server = serve({ fetch: arriving ? watched : sandbox.fetch, port: 0, hostname: "127.0.0.1" });
  await until("the sandbox listens", () => server.listening);
  const sandboxUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const endpoints = integrations.map(({ local }) => local.endpoints({}, sandboxUrl));
  const environment: Environment = Object.assign({}, secrets, ...endpoints, variables);

  const queueUrl = await store.url(testDatabase.url);
  const backend = openQueueBackend(queueUrl, "consumer", 8);
  await backend.migrate();
  const entry = openEntry(backend, environment);
  const queues = queueCatalogue(integrations).map(({ name }) => backend.queue(name));
  const log = recordingLogger();
  const mediaFolder = temporaryFolder();
  const media = openMediaStore({ store: "folder", folder: mediaFolder });
  const workers: Consumer[] = [];
  let underWay = 0;

  /** Counts what the sandbox posts until it is taken in. */
  async function follow(delivery: Promise<void>): Promise<void> {
    underWay += 1;
    await delivery.finally(() => {
      underWay -= 1;
    });
  }

  return {
    rows,
    log,
    sandboxUrl,
    database,
    /** A request to one of our own routes. */
    call: entry.call,
    databaseUrl: testDatabase.url,
    queueUrl,
    environment,
    backend,
    mediaFolder,
    /** Puts events into a queue, as ingest does once it has split a request. */
    enqueue: entry.enqueue,
    /** A text that somebody writes to us on WhatsApp, or to our bot. */
    hear: entry.hear,
    hearOnTelegram: entry.hearOnTelegram,
    /** Every event that was taken in, in that order. */
    accepted: entry.accepted,
    /** How much is left to do, in the queues or on its way from the sandbox, and how many jobs have failed. */
    async jobs(): Promise<{ unfinished: number; failed: number }> {
      const counts = await Promise.all(
        queues.map((queue) => queue.getJobCounts("waiting", "active", "delayed", "prioritized", "failed")),
      );
      const sum = (...states: string[]) =>
        counts.flatMap((count) => states.map((state) => count[state] ?? 0)).reduce((one, two) => one + two, 0);
      return { unfinished: underWay + sum("waiting", "active", "delayed", "prioritized"), failed: sum("failed") };
    },
    /** Has the queues forget what they have done, as after an hour. */
    async forget(): Promise<void> {
      for (const queue of queues) await queue.clean(0, 10_000, "completed");
    },
    /** Starts a worker. */
    work(timings: QuickTimings = {}): Consumer {
      const worker = startConversationsWorker(
        { database, lockDatabase, backend, environment, media, log: log.log, random },
        timings,
      );
      workers.push(worker);
      return worker;
    },
    /** Orders a fault from the sandbox. */
    async fail(order: Record<string, unknown>): Promise<void> {
      const response = await fetch(`${sandboxUrl}/_faults`, { method: "POST", body: JSON.stringify(order) });
      if (!response.ok) throw new Error(`the sandbox knows no such fault: ${await response.text()}`);
    },
    /** What the sandbox was given, in the order in which it came. */
    async sent(): Promise<SentMessage[]> {
      return (await (await fetch(`${sandboxUrl}/_sent`)).json()) as SentMessage[];
    },
    /** What the AI was asked. */
    async questions(): Promise<Question[]> {
      const asked = (await (await fetch(`${sandboxUrl}/_n8n/asked`)).json()) as { question: Question }[];
      return asked.map(({ question }) => question);
    },
    /** Has the AI give the answers that it held back. */
    async release(): Promise<void> {
      await fetch(`${sandboxUrl}/_n8n/release`, { method: "POST" });
    },
    messages: (where = "true") =>
      rows.rows<MessageRow>(
        `select id, conversation_id, direction, author, body, status, error, external_id, position from messages
         where ${where} order by conversation_id, position, sent_at`,
      ),
    async close() {
      await Promise.all(workers.map((worker) => worker.stop(200)));
      await entry.close();
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
