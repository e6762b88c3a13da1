import { randomUUID } from "node:crypto";
import {
  type Accepted,
  type ApiRoute,
  type Environment,
  EVENT_VERSION,
  type InboundEvent,
  type Integration,
  type QueueRole,
  uuidv7,
} from "@millrace/core";
import { integrations } from "@millrace/integrations";
import {
  createProducer,
  type Producer,
  type QueueBackend,
  queueDefinition,
  QueueUnavailableError,
} from "@millrace/queue";
import type { Delivery } from "@millrace/sandbox";
import { outgoingFormats } from "./local-deps.ts";

type NewEvent = Pick<InboundEvent, "id" | "kind" | "payload">;

/** An event that is in its queue, and since when. */
type AcceptedEvent = NewEvent & { integration: string; at: Date };

/** Ingest's path from a request to the queue, without HTTP: authenticate, parse, enqueue. */
export function openIngest(backend: QueueBackend, environment: Environment) {
  const producers = new Map<string, Producer>();
  const producerOf = (integration: string, role: QueueRole) => {
    const definition = queueDefinition(integration, role);
    const producer = producers.get(definition.name) ?? createProducer(backend, definition);
    producers.set(definition.name, producer);
    return producer;
  };
  const routes = integrations.flatMap((integration) =>
    (integration.api?.(environment, outgoingFormats) ?? []).map((route) => ({ integration, route })),
  );
  const accepted: AcceptedEvent[] = [];
  let updates = 1;

  /** Enqueues events atomically and records them as accepted. */
  async function enqueue(integration: string, role: QueueRole, events: readonly NewEvent[]): Promise<void> {
    const receivedAt = new Date().toISOString();
    const request = { v: EVENT_VERSION, integration, correlationId: randomUUID(), receivedAt };
    await producerOf(integration, role).enqueue(events.map((event) => ({ ...request, ...event, v: EVENT_VERSION })));
    const at = new Date();
    accepted.push(...events.map((event) => ({ ...event, integration, at })));
  }

  /** Calls an API route as an authenticated caller. */
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
    const { events, body: response } = route.accept(route.body.parse(body), {
      params: route.params?.parse(params),
      caller: "test",
      idempotencyKey,
      newId: uuidv7,
      now: new Date(),
    });
    await enqueue(integration.id, route.role, events);
    return response;
  }

  /** Delivers a callback until the queue accepts it, as a platform does: a busy machine must not lose it. */
  async function deliver(delivery: Delivery): Promise<void> {
    try {
      await deliverOnce(delivery);
    } catch (error) {
      if (!(error instanceof QueueUnavailableError)) throw error;
      await deliver(delivery);
    }
  }

  /** Delivers a callback of the sandbox: a status of a message or the AI's answer. */
  async function deliverOnce({ path, headers, body }: Delivery): Promise<void> {
    const request = {
      method: "POST",
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      query: new URLSearchParams(),
      params: {},
      body: Buffer.from(body),
    };
    const found = routes.find(({ route }) => route.paths.includes(path));
    if (found) {
      if (!found.route.authenticate?.(request, new Date())) throw new Error(`${path} is not signed`);
      await accept(found, JSON.parse(body));
      return;
    }
    for (const integration of integrations) {
      const webhook = integration.webhook(environment);
      if (!webhook?.paths.includes(path)) continue;
      if (!webhook.authenticate(request)) throw new Error(`${path} is not signed`);
      await enqueue(integration.id, "inbound", webhook.parse(request));
    }
  }

  /** Receives a text of a customer on WhatsApp. */
  async function receiveWhatsapp(phone: string, text: string, at = new Date()): Promise<void> {
    const message = {
      id: `wamid.${randomUUID()}`,
      from: phone,
      timestamp: String(Math.floor(at.getTime() / 1000)),
      type: "text",
      text: { body: text },
    };
    const value = {
      messaging_product: "whatsapp",
      metadata: { display_phone_number: "15550000001", phone_number_id: environment["WHATSAPP_PHONE_NUMBER_ID"] },
      contacts: [{ wa_id: phone, profile: { name: "Ada" } }],
      messages: [message],
    };
    const webhook = {
      object: "whatsapp_business_account",
      entry: [{ id: "1", changes: [{ field: "messages", value }] }],
    };
    const body = Buffer.from(JSON.stringify(webhook));
    const request = { method: "POST", headers: {}, query: new URLSearchParams(), params: {}, body };
    const whatsapp = integrations.find(({ id }) => id === "whatsapp");
    await enqueue("whatsapp", "inbound", whatsapp?.webhook(environment)?.parse(request) ?? []);
  }

  /** Receives a text of a customer on Telegram. */
  async function receiveTelegram(userId: number, text: string): Promise<void> {
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
    await deliverOnce({ path: "/api/integrations/telegram/webhook", headers, body });
  }

  return {
    enqueue,
    call,
    deliver,
    receiveWhatsapp,
    receiveTelegram,
    accepted: accepted as readonly AcceptedEvent[],
    async close() {
      for (const producer of producers.values()) await producer.close();
    },
  };
}
