import type { AddressInfo } from "node:net";
import { randomUUID } from "node:crypto";
import { serve } from "@hono/node-server";
import {
  type Accepted,
  type ApiRoute,
  type Environment,
  EVENT_VERSION,
  type InboundEvent,
  type Integration,
  type Question,
  type QueueRole,
  type Random,
  systemNow,
  uuidv7,
} from "@millrace/core";
import { assignSources, migrateDatabase, openDatabase } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { openMediaStore } from "@millrace/media";
import {
  type Consumer,
  createProducer,
  openQueueBackend,
  type Producer,
  queueCatalogue,
  queueDefinition,
  QueueUnavailableError,
} from "@millrace/queue";
import { createSandboxApp, type Delivery, type SentMessage } from "@millrace/sandbox";
import {
  createTestDatabase,
  openRows,
  type QueueStore,
  recordingLogger,
  temporaryFolder,
  until,
} from "@millrace/testing";
import { type QuickTimings, startConversationsWorker } from "./conversations-worker.ts";

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

const formats = integrations.map(({ format }) => format).filter((format) => format !== undefined);

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
  const fenceDatabase = openDatabase(testDatabase.url, { maxConnections: 12, name: "test-fence" });
  await migrateDatabase(database);
  const owned = ["whatsapp", "telegram"].map((provider) => ({ provider, externalId: "*", tenantName: "Mill" }));
  await assignSources(database.orm, owned, uuidv7);
  const rows = openRows(testDatabase.url);

  const secrets = Object.fromEntries(
    integrations.flatMap(({ local }) => local.secrets).map((name) => [name, `${name}-secret`]),
  );
  const sandbox = createSandboxApp({
    now: systemNow,
    deliver: (delivery) => follow(insist(delivery)),
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
  const producers = new Map<string, Producer>();
  const producerOf = (source: string, role: QueueRole) => {
    const definition = queueDefinition(source, role);
    const producer = producers.get(definition.name) ?? createProducer(backend, definition);
    producers.set(definition.name, producer);
    return producer;
  };
  const routes = integrations.flatMap((integration) =>
    (integration.api?.(environment, formats) ?? []).map((route) => ({ integration, route })),
  );
  const queues = queueCatalogue(integrations).map(({ name }) => backend.queue(name));
  const log = recordingLogger();
  const mediaFolder = temporaryFolder();
  const media = openMediaStore({ store: "folder", folder: mediaFolder });
  const workers: Consumer[] = [];
  const accepted: AcceptedEvent[] = [];
  let underWay = 0;
  let updates = 1;

  /** Puts events into their queue, and keeps which were taken. */
  async function enqueue(source: string, role: QueueRole, events: readonly Stampable[]): Promise<void> {
    await producerOf(source, role).enqueue(events.map((event) => stamp(source, event)));
    const at = new Date();
    accepted.push(...events.map((event) => ({ ...event, source, at })));
  }

  /** Counts what the sandbox posts until it is taken in. */
  async function follow(delivery: Promise<void>): Promise<void> {
    underWay += 1;
    await delivery.finally(() => {
      underWay -= 1;
    });
  }

  /** A request to one of our own routes, past ingest's own checks. */
  async function call(path: string, body: unknown, idempotencyKey?: string): Promise<Accepted["body"]> {
    for (const found of routes) {
      const [match] = found.route.paths.flatMap(
        (pathname) => new URLPattern({ pathname }).exec({ pathname: path }) ?? [],
      );
      if (match) return accept(found, body, idempotencyKey, match.pathname.groups);
    }
    throw new Error(`no route ${path}`);
  }

  async function accept(
    { integration, route }: { integration: Integration; route: ApiRoute },
    body: unknown,
    idempotencyKey?: string,
    params: unknown = {},
  ): Promise<Accepted["body"]> {
    const parsed = route.body.parse(body);
    const call = {
      params: route.params?.parse(params),
      caller: "test",
      idempotencyKey,
      newId: uuidv7,
      now: new Date(),
    };
    const { events, body: answer } = route.accept(parsed, call);
    await enqueue(integration.id, route.role, events);
    return answer;
  }

  /** What is refused while the queue is slow comes again, as from a platform: a busy machine must not lose it. */
  async function insist(delivery: Delivery): Promise<void> {
    try {
      await takeIn(delivery);
    } catch (error) {
      if (!(error instanceof QueueUnavailableError)) throw error;
      await insist(delivery);
    }
  }

  /** What the sandbox posts back: a status of a message, the AI's answer. */
  async function takeIn({ path, headers, body }: Delivery): Promise<void> {
    const request = {
      method: "POST",
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      query: new URLSearchParams(),
      params: {},
      body: Buffer.from(body),
    };
    const found = routes.find(({ route }) => route.paths.includes(path));
    if (found) {
      if (!found.route.verify?.(request, new Date())) throw new Error(`${path} is not signed`);
      await accept(found, JSON.parse(body));
      return;
    }
    for (const integration of integrations) {
      const webhook = integration.webhook(environment);
      if (!webhook?.paths.includes(path)) continue;
      if (!webhook.verify(request)) throw new Error(`${path} is not signed`);
      await enqueue(integration.id, "inbound", webhook.split(request));
    }
  }

  return {
    rows,
    log,
    sandboxUrl,
    database,
    call,
    databaseUrl: testDatabase.url,
    queueUrl,
    environment,
    backend,
    mediaFolder,
    /** Puts events into a queue, as ingest does once it has split a request. */
    enqueue,
    /** Every event that was taken in, in that order. */
    accepted: accepted as readonly AcceptedEvent[],
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
        { database, fenceDatabase, backend, environment, media, log: log.log, random },
        timings,
      );
      workers.push(worker);
      return worker;
    },
    /** A text that somebody writes to us on WhatsApp. */
    async hear(phone: string, text: string, at = new Date()): Promise<void> {
      const value = {
        messaging_product: "whatsapp",
        metadata: { display_phone_number: "15550000001", phone_number_id: environment["WHATSAPP_PHONE_NUMBER_ID"] },
        contacts: [{ wa_id: phone, profile: { name: "Ada" } }],
        messages: [
          {
            id: `wamid.${randomUUID()}`,
            from: phone,
            timestamp: String(Math.floor(at.getTime() / 1000)),
            type: "text",
            text: { body: text },
          },
        ],
      };
      const body = Buffer.from(
        JSON.stringify({
          object: "whatsapp_business_account",
          entry: [{ id: "1", changes: [{ field: "messages", value }] }],
        }),
      );
      const whatsapp = integrations.find(({ id }) => id === "whatsapp")?.webhook(environment);
      const events =
        whatsapp?.split({ method: "POST", headers: {}, query: new URLSearchParams(), params: {}, body }) ?? [];
      await enqueue("whatsapp", "inbound", events);
    },
    /** A text that somebody writes to our bot. */
    async hearOnTelegram(userId: number, text: string): Promise<void> {
      const person = { id: userId, first_name: "Ada" };
      const message = {
        message_id: updates,
        from: { ...person, is_bot: false },
        chat: { ...person, type: "private" },
        date: Math.floor(Date.now() / 1000),
        text,
      };
      const body = JSON.stringify({ update_id: updates++, message });
      const headers = { "x-telegram-bot-api-secret-token": environment["TELEGRAM_WEBHOOK_SECRET"] ?? "" };
      await takeIn({ path: "/api/integrations/telegram/webhook", headers, body });
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
      for (const producer of producers.values()) await producer.close();
      for (const queue of queues) await queue.close();
      await backend.close();
      await rows.close();
      await database.close();
      await fenceDatabase.close();
      await new Promise((resolve) => server.close(resolve));
      await testDatabase.drop();
    },
  };
}

type Stampable = Pick<InboundEvent, "id" | "kind" | "payload">;

/** An event that was taken in, and when. */
type AcceptedEvent = Stampable & { source: string; at: Date };

function stamp(source: string, event: Stampable): InboundEvent {
  return { v: EVENT_VERSION, source, correlationId: randomUUID(), receivedAt: new Date().toISOString(), ...event };
}
