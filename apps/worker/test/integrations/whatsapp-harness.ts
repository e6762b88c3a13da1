import { EVENT_VERSION, uuidv7 } from "@millrace/core";
import { assignAccounts, createInbox, openDatabase } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { createTestDatabase } from "@millrace/testing";

/** The time at which every webhook is received. */
export const RECEIVED_AT = "2026-11-22T08:00:00.000Z";

/** Two phone number ids of one tenant, and one without a tenant. */
export const NUMBER = "111000111000111";
export const OTHER_NUMBER = "111000111000222";
export const UNASSIGNED_NUMBER = "111000111000999";

/** The tables that a webhook writes, in an order in which they can be emptied. */
const TABLES = [
  "messages",
  "message_statuses",
  "millrace.message_changes",
  "conversations",
  "cases",
  "contact_identities",
  "contacts",
  "millrace.webhook_events",
];

/** One change of a webhook, for one of our phone numbers. */
export function change(field: string, value: Record<string, unknown>, number = NUMBER) {
  return { field, value: { metadata: { phone_number_id: number }, ...value } };
}

/** An inbound message, sent at the given Unix second. */
export function message(at: number, content: Record<string, unknown>, number = NUMBER) {
  return change("messages", { messages: [{ timestamp: String(at), ...content }] }, number);
}

/** A status of an outbound message. */
export function status(id: string, name: string, more: Record<string, unknown> = {}) {
  return change("messages", { statuses: [{ id, status: name, timestamp: "1790000000", ...more }] });
}

/** Opens a harness that processes WhatsApp's changes from the request body to the rows. */
export async function openWhatsappHarness() {
  const testDatabase = await createTestDatabase();
  const database = openDatabase(testDatabase.url, { maxConnections: 4, name: "test" });
  const numbers = [NUMBER, OTHER_NUMBER].map((externalId) => {
    return { provider: "whatsapp", externalId, tenantName: "Mill" };
  });
  await assignAccounts(database.orm, numbers, uuidv7);
  const whatsapp = integrations.find(({ id }) => id === "whatsapp");
  const environment = { WHATSAPP_APP_SECRET: "app-secret", WHATSAPP_WEBHOOK_VERIFY_TOKEN: "token" };
  const [webhook] = whatsapp?.webhooks(environment) ?? [];
  if (!whatsapp || !webhook) throw new Error("the registry has no whatsapp integration");
  const handler = whatsapp.handler(environment);
  const inbox = createInbox(database, uuidv7);
  const { query } = database.orm;
  const origin = { v: EVENT_VERSION, integration: whatsapp.id, correlationId: "c-1", receivedAt: RECEIVED_AT } as const;

  return {
    /** Delivers the changes in one request and processes its events in order. Returns the result of each. */
    async deliver(...changes: unknown[]) {
      const body = Buffer.from(JSON.stringify({ entry: [{ id: "waba", changes }] }));
      const request = {
        method: "POST",
        headers: {},
        url: "http://127.0.0.1:8080/",
        query: new URLSearchParams(),
        params: {},
        body,
      };
      const outcomes = [];
      for (const parsed of webhook.parse(request)) {
        const event = { ...origin, ...parsed };
        outcomes.push(await inbox.applyOnce(event, handler.handle(event, undefined)));
      }
      return outcomes;
    },
    messages: () => query.messages.findMany({ orderBy: ({ externalId }, { asc }) => asc(externalId) }),
    conversations: () => query.conversations.findMany({ orderBy: ({ id }, { asc }) => asc(id) }),
    contacts: () => query.contacts.findMany({ orderBy: ({ id }, { asc }) => asc(id) }),
    identities: () => query.contactIdentities.findMany({ orderBy: ({ externalId }, { asc }) => asc(externalId) }),
    statuses: () => query.messageStatuses.findMany({ orderBy: ({ id }, { asc }) => asc(id) }),
    changes: () => query.messageChanges.findMany({ orderBy: ({ id }, { asc }) => asc(id) }),
    events: () => query.webhookEvents.findMany({ orderBy: ({ id }, { asc }) => asc(id) }),
    async clear() {
      // Deletes rows because a truncate is slow, and some tests empty the tables dozens of times.
      await database.orm.execute(TABLES.map((table) => `delete from ${table}`).join(";"));
    },
    async close() {
      await database.close();
      await testDatabase.drop();
    },
  };
}
