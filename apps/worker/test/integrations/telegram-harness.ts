import { EVENT_VERSION, uuidv7 } from "@millrace/core";
import { assignAccounts, createInbox, openDatabase } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { createTestDatabase } from "@millrace/testing";

/** The time at which every update is received. */
export const RECEIVED_AT = "2026-11-22T08:00:00.000Z";

/** The time at which every message is sent, in Unix seconds. */
export const DATE = 1_790_000_000;

/** A customer and her chat with the bot. */
export const ada = { id: 7_000_000_001, is_bot: false, first_name: "Ada", last_name: "Weir", username: "ada_weir" };
export const adaChat = { ...ada, type: "private" };

/** A message from her in that chat. */
export function fromAda(message_id: number, content: Record<string, unknown> = {}) {
  return { message_id, from: ada, chat: adaChat, date: DATE, ...content };
}

/**
 * Opens a harness that processes Telegram updates from the request to the rows. The bots `shop` (with an old and a new secret) and `help`
 * have tenants; `orphan` has none.
 */
export async function openTelegramHarness() {
  const testDatabase = await createTestDatabase();
  const database = openDatabase(testDatabase.url, { maxConnections: 4, name: "test" });
  const bots = ["shop", "help"].map((bot) => ({ provider: "telegram", externalId: bot, tenantName: `Mill ${bot}` }));
  await assignAccounts(database.orm, bots, uuidv7);
  const telegram = integrations.find(({ id }) => id === "telegram");
  const environment = { TELEGRAM_WEBHOOK_SECRET: "shop=shop-old,shop=shop-new,help=help-one,orphan=orphan-secret" };
  const [webhook] = telegram?.webhooks(environment) ?? [];
  if (!telegram || !webhook) throw new Error("the registry has no telegram integration");
  let nextId = 1;

  return {
    async deliver(update: Record<string, unknown>, secret = "shop-new") {
      const body = Buffer.from(JSON.stringify({ update_id: nextId++, ...update }));
      const headers = { "x-telegram-bot-api-secret-token": secret };
      const request = {
        method: "POST",
        headers,
        url: "http://127.0.0.1:8080/",
        query: new URLSearchParams(),
        params: {},
        body,
      };
      const { secrets } = webhook;
      if (!(await webhook.authenticate(request, { now: new Date(RECEIVED_AT), secrets })))
        throw new Error("the update is not authenticated");
      const [parsed] = webhook.parse(request);
      if (!parsed) throw new Error("no event");
      const origin = {
        v: EVENT_VERSION,
        integration: telegram.id,
        correlationId: "c-1",
        receivedAt: RECEIVED_AT,
      } as const;
      const event = { ...origin, ...parsed };
      const handled = telegram.handler(environment).handle(event, undefined);
      return createInbox(database, uuidv7).applyOnce(event, handled);
    },
    messages: () => database.orm.query.messages.findMany({ orderBy: ({ id }, { asc }) => asc(id) }),
    conversations: () => database.orm.query.conversations.findMany(),
    contacts: () => database.orm.query.contacts.findMany(),
    events: () => database.orm.query.webhookEvents.findMany(),
    async clear() {
      await database.orm.execute(
        "truncate contacts, cases, millrace.thread_states, millrace.webhook_events, millrace.message_changes cascade",
      );
    },
    async close() {
      await database.close();
      await testDatabase.drop();
    },
  };
}
