import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { EVENT_VERSION, type InboundEvent, systemNow, uuidv7 } from "@millrace/core";
import { assignAccounts, createInbox, isOutage, migrateDatabase, openDatabase, accountStore } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { createProducer, queueDefinition, openQueueBackend } from "@millrace/queue";
import { createSandboxApp } from "@millrace/sandbox";
import { createTestDatabase, recordingLogger, until } from "@millrace/testing";
import { createProcessor } from "../src/processors/event.ts";
import { createFollowUpQueue } from "../src/follow-ups.ts";
import { startWorker } from "../src/worker.ts";
import { localParts } from "./local-parts.ts";

/** A page that is known and nobody's; every other is the tenant's. */
export const ORPHAN_PAGE = "59";

/** The token of every page, which must not be seen anywhere. */
export const PAGE_TOKEN = "sandbox-token-of-the-page";

/** When every lead of these tests is announced, in Unix seconds. */
export const ANNOUNCED = 1_790_000_000;

/** A leadgen change as Meta sends it. */
export function leadgen(pageId: string, leadgenId: string) {
  return {
    field: "leadgen",
    value: { leadgen_id: leadgenId, page_id: pageId, form_id: "71", ad_id: "81", created_time: ANNOUNCED },
  };
}

/** An entry as Meta sends it. */
export function entry(pageId: string, ...changes: readonly unknown[]) {
  return { id: pageId, time: ANNOUNCED, changes };
}

/**
 * The way of a Meta webhook for tests: a running worker on a database and a queue of its own, and the sandbox on a
 * port for a Graph API.
 */
export async function openMetaDelivery() {
  const testDatabase = await createTestDatabase();
  const database = openDatabase(testDatabase.url, { maxConnections: 6, name: "test" });
  await migrateDatabase(database);
  const sources = [
    { provider: "meta", externalId: "*", tenantName: "Studio" },
    { provider: "meta", externalId: ORPHAN_PAGE, tenantName: undefined },
  ];
  await assignAccounts(database.orm, sources, uuidv7);

  const sandbox = createSandboxApp({ now: systemNow });
  const server = serve({ fetch: sandbox.fetch, port: 0, hostname: "127.0.0.1" });
  await until("the sandbox listens", () => server.listening);
  const sandboxUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const meta = integrations.find(({ id }) => id === "meta");
  const environment = {
    META_APP_SECRET: "secret",
    META_WEBHOOK_VERIFY_TOKEN: "word",
    META_PAGE_ACCESS_TOKEN: PAGE_TOKEN,
    GRAPH_BASE_URL: `${sandboxUrl}/graph/v26.0`,
  };
  const webhook = meta?.webhook(environment);
  if (!meta || !webhook) throw new Error("Meta is not there");

  const log = recordingLogger();
  const ports = { ...localParts(database), log: log.log };
  const backend = openQueueBackend(testDatabase.url, "consumer", 4);
  await backend.migrate();
  const producer = createProducer(backend, queueDefinition(meta.id, "inbound"));
  const worker = startWorker({
    ...ports,
    backend,
    integrations: [{ id: meta.id, handler: meta.handler(environment) }],
    concurrency: 4,
    random: () => 0,
    timings: { sweepMs: 200, probeMs: 300 },
  });

  const eventRow = async (eventId: string) =>
    database.orm.query.webhookEvents.findFirst({ where: (row, { eq }) => eq(row.eventId, eventId) });

  const eventsOf = (entries: readonly Record<string, unknown>[], receivedAt = new Date()): InboundEvent[] => {
    const body = Buffer.from(JSON.stringify({ object: "page", entry: entries }));
    const request = { method: "POST", headers: {}, query: new URLSearchParams(), params: {}, body };
    const origin = {
      v: EVENT_VERSION,
      integration: meta.id,
      correlationId: "c-1",
      receivedAt: receivedAt.toISOString(),
    };
    return webhook.parse(request).map((event) => ({ ...origin, ...event, v: EVENT_VERSION }));
  };

  /** One lead as the worker gets it from the queue. */
  const announced = (pageId: string, leadgenId: string, receivedAt?: Date): InboundEvent => {
    const [event] = eventsOf([entry(pageId, leadgen(pageId, leadgenId))], receivedAt);
    if (!event) throw new Error("no event");
    return event;
  };

  /** Again until it is taken, as Meta does after a 503: a busy machine is slower than a producer may be. */
  const enqueue = (events: readonly InboundEvent[]) =>
    until("the queue has the events", () =>
      producer.enqueue(events).then(
        () => true,
        () => false,
      ),
    );

  return {
    log,
    /** The events of one request with these entries. */
    eventsOf,
    announced,
    enqueue,
    /** Enqueues one lead; the id of its event. */
    async announce(pageId: string, leadgenId: string, receivedAt?: Date): Promise<string> {
      const event = announced(pageId, leadgenId, receivedAt);
      await enqueue([event]);
      return event.id;
    },
    /** Takes an event through the worker's processor without the queue, by default with the settings of the worker. */
    process(event: InboundEvent, { variables = {}, signal = new AbortController().signal } = {}) {
      const processor = createProcessor({
        ports: { ...ports, accounts: accountStore(database.orm) },
        handler: meta.handler({ ...environment, ...variables }),
        inbox: createInbox(database, uuidv7),
        followUps: createFollowUpQueue(backend, systemNow),
        isOutage,
      });
      return processor.process(event, signal);
    },
    /** Waits until an event has reached this end. */
    ended: (eventId: string, status: "done" | "dead") =>
      until(`${eventId} is ${status}`, async () => {
        const row = await eventRow(eventId);
        return row?.status === status && row;
      }),
    eventRow,
    give: (pageId: string, tenantName: string) =>
      assignAccounts(database.orm, [{ provider: "meta", externalId: pageId, tenantName }], uuidv7),
    lead: (leadgenId: string) =>
      database.orm.query.leads.findFirst({ where: (row, { eq }) => eq(row.externalId, leadgenId) }),
    leadsOf: (pageId: string) => database.orm.query.leads.findMany({ where: (row, { eq }) => eq(row.pageId, pageId) }),
    contact: (id: string) => database.orm.query.contacts.findFirst({ where: (row, { eq }) => eq(row.id, id) }),
    identitiesOf: (contactId: string) =>
      database.orm.query.contactIdentities.findMany({ where: (row, { eq }) => eq(row.contactId, contactId) }),
    deadLetters: (eventId: string) =>
      database.orm.query.deadLetters.findMany({ where: (row, { eq }) => eq(row.eventId, eventId) }),
    hold: (scope: string) => database.orm.query.pauses.findFirst({ where: (row, { eq }) => eq(row.scope, scope) }),
    /** Orders the sandbox to fail the next calls, those for one lead where one is named. */
    async order(fault: string, { leadgenId, times = 1 }: { leadgenId?: string; times?: number } = {}) {
      const body = JSON.stringify({ match: { leadgenId }, fault, times });
      const response = await fetch(`${sandboxUrl}/_faults`, { method: "POST", body });
      if (!response.ok) throw new Error(`the sandbox knows no ${fault}`);
    },
    takeBackFaults: () => fetch(`${sandboxUrl}/_faults`, { method: "DELETE" }),
    /** The fields that each call for a lead asked for. */
    async callsFor(leadgenId: string): Promise<string[]> {
      const response = await fetch(`${sandboxUrl}/_requests`);
      const seen = (await response.json()) as { path: string; query: { fields: string }; authorized: boolean }[];
      return seen
        .filter(({ path, authorized }) => authorized && path.endsWith(`/${leadgenId}`))
        .map(({ query }) => query.fields);
    },
    async close() {
      await worker.stop(100);
      await producer.close();
      await backend.close();
      await database.close();
      await new Promise((resolve) => server.close(resolve));
      await testDatabase.drop();
    },
  };
}
