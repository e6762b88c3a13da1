import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { EVENT_VERSION, type InboundEvent, systemNow, uuidv7 } from "@millrace/core";
import { assignAccounts, createInbox, isOutage, openDatabase } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { queueDefinition, openQueueBackend } from "@millrace/queue";
import { createSandboxApp } from "@millrace/sandbox";
import { createTestDatabase, recordingLogger, until } from "@millrace/testing";
import { createEventProcessor } from "../../src/capabilities/inbound/event.ts";
import { createFollowUpQueue } from "../../src/follow-ups.ts";
import { startWorker } from "../../src/worker.ts";
import { localFetchPorts, localPorts, localStores } from "../harness/local-deps.ts";
import { createPatientProducer } from "../harness/patient-producer.ts";

/** A known page without a tenant. Every other page belongs to the tenant Studio. */
export const UNASSIGNED_PAGE = "59";

/** The access token of every page, which must not appear anywhere. */
export const PAGE_TOKEN = "sandbox-token-of-the-page";

/** The created_time of every leadgen change, in Unix seconds. */
export const CREATED_TIME = 1_790_000_000;

/** A leadgen change in Meta's format. */
export function leadgen(pageId: string, leadgenId: string) {
  return {
    field: "leadgen",
    value: { leadgen_id: leadgenId, page_id: pageId, form_id: "71", ad_id: "81", created_time: CREATED_TIME },
  };
}

/** An entry of a webhook in Meta's format. */
export function entry(pageId: string, ...changes: readonly unknown[]) {
  return { id: pageId, time: CREATED_TIME, changes };
}

/** Opens a harness for Meta webhooks: a running worker with its own database and queue, and the sandbox as the Graph API. */
export async function openMetaHarness() {
  const testDatabase = await createTestDatabase();
  const database = openDatabase(testDatabase.url, { maxConnections: 6, name: "test" });
  const accounts = [
    { provider: "meta", externalId: "*", tenantName: "Studio" },
    { provider: "meta", externalId: UNASSIGNED_PAGE, tenantName: undefined },
  ];
  await assignAccounts(database.orm, accounts, uuidv7);

  const sandbox = createSandboxApp({ now: systemNow });
  const server = serve({ fetch: sandbox.fetch, port: 0, hostname: "127.0.0.1" });
  await until("the sandbox listens", () => server.listening);
  const sandboxUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const meta = integrations.find(({ id }) => id === "meta");
  const environment = {
    META_APP_SECRET: "secret",
    META_WEBHOOK_VERIFY_TOKEN: "verify-token",
    META_PAGE_ACCESS_TOKEN: PAGE_TOKEN,
    GRAPH_BASE_URL: `${sandboxUrl}/graph/v26.0`,
  };
  const [webhook] = meta?.webhooks(environment) ?? [];
  if (!meta || !webhook) throw new Error("the registry has no meta integration");

  const log = recordingLogger();
  const backend = openQueueBackend(testDatabase.url, "consumer", 4);
  const producer = createPatientProducer(backend, queueDefinition(meta.id, "inbound"));
  const worker = startWorker({
    stores: localStores(database, backend),
    ports: localPorts(log.log),
    integrations: [{ id: meta.id, handler: meta.handler(environment) }],
    formats: [],
    consumption: { concurrency: 4, expiresAfterMs: {} },
    timings: { sweepMs: 200, probes: { firstMs: 100, longestMs: 300 }, resumeStepMs: 50 },
  });

  const eventRow = async (eventId: string) =>
    database.orm.query.webhookEvents.findFirst({ where: (row, { eq }) => eq(row.eventId, eventId) });

  const eventsOf = (entries: readonly Record<string, unknown>[], receivedAt = new Date()): InboundEvent[] => {
    const body = Buffer.from(JSON.stringify({ object: "page", entry: entries }));
    const request = {
      method: "POST",
      headers: {},
      url: "http://127.0.0.1:8080/",
      query: new URLSearchParams(),
      params: {},
      body,
    };
    const origin = {
      v: EVENT_VERSION,
      integration: meta.id,
      correlationId: "c-1",
      receivedAt: receivedAt.toISOString(),
    };
    return webhook.parse(request).map((event) => ({ ...origin, ...event, v: EVENT_VERSION }));
  };

  /** The event of one lead. */
  const leadEvent = (pageId: string, leadgenId: string, receivedAt?: Date): InboundEvent => {
    const [event] = eventsOf([entry(pageId, leadgen(pageId, leadgenId))], receivedAt);
    if (!event) throw new Error("no event");
    return event;
  };

  const enqueue = (events: readonly InboundEvent[]) => producer.enqueue(events);

  return {
    log,
    /** The events of one request with these entries. */
    eventsOf,
    leadEvent,
    enqueue,
    /** Enqueues one lead. Returns the id of its event. */
    async enqueueLead(pageId: string, leadgenId: string, receivedAt?: Date): Promise<string> {
      const event = leadEvent(pageId, leadgenId, receivedAt);
      await enqueue([event]);
      return event.id;
    },
    /** Processes an event without the queue, by default with the worker's configuration. */
    process(event: InboundEvent, { variables = {}, signal = new AbortController().signal } = {}) {
      const processor = createEventProcessor({
        ports: localFetchPorts(database, log.log),
        handler: meta.handler({ ...environment, ...variables }),
        inbox: createInbox(database, uuidv7),
        followUps: createFollowUpQueue(backend, systemNow),
        isOutage,
      });
      return processor.process(event, signal);
    },
    /** Waits until an event is done or dead. */
    ended: (eventId: string, status: "done" | "dead") =>
      until(`${eventId} is ${status}`, async () => {
        const row = await eventRow(eventId);
        return row?.status === status && row;
      }),
    eventRow,
    assignPage: (pageId: string, tenantName: string) =>
      assignAccounts(database.orm, [{ provider: "meta", externalId: pageId, tenantName }], uuidv7),
    lead: (leadgenId: string) =>
      database.orm.query.leads.findFirst({ where: (row, { eq }) => eq(row.externalId, leadgenId) }),
    leadsOf: (pageId: string) => database.orm.query.leads.findMany({ where: (row, { eq }) => eq(row.pageId, pageId) }),
    contact: (id: string) => database.orm.query.contacts.findFirst({ where: (row, { eq }) => eq(row.id, id) }),
    identitiesOf: (contactId: string) =>
      database.orm.query.contactIdentities.findMany({ where: (row, { eq }) => eq(row.contactId, contactId) }),
    deadLetters: (eventId: string) =>
      database.orm.query.deadLetters.findMany({ where: (row, { eq }) => eq(row.eventId, eventId) }),
    pause: (scope: string) => database.orm.query.pauses.findFirst({ where: (row, { eq }) => eq(row.scope, scope) }),
    /** Makes the sandbox fail the next calls, or only those for one lead. */
    async injectFault(fault: string, { leadgenId, times = 1 }: { leadgenId?: string; times?: number } = {}) {
      const body = JSON.stringify({ match: { leadgenId }, fault, times });
      const response = await fetch(`${sandboxUrl}/_faults`, { method: "POST", body });
      if (!response.ok) throw new Error(`the sandbox does not support the fault ${fault}`);
    },
    clearFaults: () => fetch(`${sandboxUrl}/_faults`, { method: "DELETE" }),
    /** The fields that each call for a lead requested. */
    async callsFor(leadgenId: string): Promise<string[]> {
      const response = await fetch(`${sandboxUrl}/_requests`);
      const requests = (await response.json()) as { path: string; query: { fields: string }; authorized: boolean }[];
      return requests
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
