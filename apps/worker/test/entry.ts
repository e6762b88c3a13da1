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

const formats = integrations.map(({ format }) => format).filter((format) => format !== undefined);

type Stampable = Pick<InboundEvent, "id" | "kind" | "payload">;

/** An event that was taken in, and when. */
type AcceptedEvent = Stampable & { integration: string; at: Date };

function stamp(integration: string, event: Stampable): InboundEvent {
  return { v: EVENT_VERSION, integration, correlationId: randomUUID(), receivedAt: new Date().toISOString(), ...event };
}

/** The way in, for tests: what ingest does with a request, without HTTP and its refusals. */
export function openEntry(backend: QueueBackend, environment: Environment) {
  const producers = new Map<string, Producer>();
  const producerOf = (integration: string, role: QueueRole) => {
    const definition = queueDefinition(integration, role);
    const producer = producers.get(definition.name) ?? createProducer(backend, definition);
    producers.set(definition.name, producer);
    return producer;
  };
  const routes = integrations.flatMap((integration) =>
    (integration.api?.(environment, formats) ?? []).map((route) => ({ integration, route })),
  );
  const accepted: AcceptedEvent[] = [];
  let updates = 1;

  /** Puts events into their queue, and keeps which were taken. */
  async function enqueue(integration: string, role: QueueRole, events: readonly Stampable[]): Promise<void> {
    await producerOf(integration, role).enqueue(events.map((event) => stamp(integration, event)));
    const at = new Date();
    accepted.push(...events.map((event) => ({ ...event, integration, at })));
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

  /** A text that somebody writes to us on WhatsApp. */
  async function hear(phone: string, text: string, at = new Date()): Promise<void> {
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
      whatsapp?.parse({ method: "POST", headers: {}, query: new URLSearchParams(), params: {}, body }) ?? [];
    await enqueue("whatsapp", "inbound", events);
  }

  /** A text that somebody writes to our bot. */
  async function hearOnTelegram(userId: number, text: string): Promise<void> {
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
  }

  return {
    enqueue,
    call,
    insist,
    hear,
    hearOnTelegram,
    accepted: accepted as readonly AcceptedEvent[],
    async close() {
      for (const producer of producers.values()) await producer.close();
    },
  };
}
