import { randomUUID } from "node:crypto";
import {
  type Accepted,
  type ApiRoute,
  type Authentic,
  type Environment,
  EVENT_VERSION,
  hmacSha256Hex,
  type InboundEvent,
  localRequestUrl,
  type ParsedEvent,
  type QueueRole,
  type RawRequest,
  uuidv7,
} from "@millrace/core";
import { acceptApiRequest, acceptWebhook } from "@millrace/ingest";
import { integrations } from "@millrace/integrations";
import { type Producer, type QueueBackend, queueDefinition } from "@millrace/queue";
import type { Delivery } from "@millrace/sandbox";
import { outgoingFormats } from "./local-deps.ts";
import { createPatientProducer } from "./patient-producer.ts";

/** An event that is in its queue, and since when. */
type AcceptedEvent = Pick<InboundEvent, "id" | "kind" | "payload" | "integration"> & { at: Date };

/** An API route with its integration. */
type Route = { integration: string; route: ApiRoute };

/** Ingest's path from a request to the queue, without a server. */
export function openIngest(backend: QueueBackend, environment: Environment) {
  const producers = new Map<string, Producer>();
  const producerOf = (integration: string, role: QueueRole) => {
    const definition = queueDefinition(integration, role);
    const producer = producers.get(definition.name) ?? createPatientProducer(backend, definition);
    producers.set(definition.name, producer);
    return producer;
  };
  const routes = integrations.flatMap(({ id, ...integration }): Route[] =>
    (integration.api?.(environment, outgoingFormats) ?? []).map((route) => ({ integration: id, route })),
  );
  const accepted: AcceptedEvent[] = [];
  let updates = 1;

  function record(events: readonly InboundEvent[]): void {
    const at = new Date();
    accepted.push(...events.map(({ id, kind, payload, integration }) => ({ id, kind, payload, integration, at })));
  }

  /** Enqueues parsed events, as those of one webhook. */
  async function enqueue(integration: string, role: QueueRole, events: readonly ParsedEvent[]): Promise<void> {
    const origin = { integration, correlationId: randomUUID(), receivedAt: new Date().toISOString() };
    const inbound = events.map((event, index): InboundEvent => ({ v: EVENT_VERSION, ...origin, index, ...event }));
    await producerOf(integration, role).enqueue(inbound);
    record(inbound);
  }

  /** Accepts a request to an API route after its authentication. */
  async function accept(
    { integration, route }: Route,
    request: RawRequest,
    authentic: Authentic = {},
  ): Promise<Accepted["body"]> {
    const origin = { integration, correlationId: randomUUID(), receivedAt: new Date() };
    const { events, body } = await acceptApiRequest({ route, producer: producerOf(integration, route.role) }, request, {
      ...origin,
      caller: { ...authentic, caller: "test" },
      newId: uuidv7,
    });
    record(events);
    return body;
  }

  /** Calls an API route as an authenticated caller. */
  async function call(path: string, body: unknown, idempotencyKey?: string): Promise<Accepted["body"]> {
    for (const found of routes) {
      const [match] = found.route.paths.flatMap(
        (pathname) => new URLPattern({ pathname }).exec({ pathname: path }) ?? [],
      );
      if (!match) continue;
      const headers = { "content-type": "application/json", "idempotency-key": idempotencyKey };
      return accept(found, {
        ...requestOf(localRequestUrl(environment, path), headers, JSON.stringify(body)),
        params: paramsOf(match.pathname.groups),
      });
    }
    throw new Error(`no route ${path}`);
  }

  /** Delivers a webhook of a platform, or a callback of the sandbox. */
  async function deliver({ path, headers, body }: Delivery): Promise<void> {
    const request = requestOf(localRequestUrl(environment, path), headers, body);
    const found = routes.find(({ route }) => route.paths.includes(path));
    if (found) {
      const authentic = found.route.authenticate?.(request, new Date());
      if (!authentic) throw new Error(`${path} is not signed`);
      await accept(found, request, authentic);
      return;
    }
    for (const { id: integration, ...rest } of integrations) {
      const webhook = rest.webhooks(environment).find(({ paths }) => paths.includes(path));
      if (!webhook) continue;
      const origin = { integration, correlationId: randomUUID(), receivedAt: new Date() };
      record(await acceptWebhook({ webhook, producer: producerOf(integration, "inbound") }, request, origin));
    }
  }

  /** Receives a text of a customer on WhatsApp. */
  function receiveWhatsapp(phone: string, text: string, at?: Date): Promise<void> {
    return receiveWhatsappTexts(phone, [text], at);
  }

  /** Receives several texts of a customer on WhatsApp in one request, all with one time. */
  async function receiveWhatsappTexts(phone: string, texts: readonly string[], at = new Date()): Promise<void> {
    const messages = texts.map((text) => ({
      id: `wamid.${randomUUID()}`,
      from: phone,
      timestamp: String(Math.floor(at.getTime() / 1000)),
      type: "text",
      text: { body: text },
    }));
    const value = {
      messaging_product: "whatsapp",
      metadata: { display_phone_number: "15550000001", phone_number_id: environment["WHATSAPP_PHONE_NUMBER_ID"] },
      contacts: [{ wa_id: phone, profile: { name: "Ada" } }],
      messages,
    };
    const webhook = {
      object: "whatsapp_business_account",
      entry: [{ id: "1", changes: [{ field: "messages", value }] }],
    };
    const body = JSON.stringify(webhook);
    const secret = environment["WHATSAPP_APP_SECRET"] ?? "";
    const headers = { "x-hub-signature-256": `sha256=${hmacSha256Hex(secret, Buffer.from(body))}` };
    await deliver({ path: "/api/integrations/whatsapp/webhook", headers, body });
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
    await deliver({ path: "/api/integrations/telegram/webhook", headers, body });
  }

  return {
    enqueue,
    call,
    deliver,
    receiveWhatsapp,
    receiveWhatsappTexts,
    receiveTelegram,
    accepted: accepted as readonly AcceptedEvent[],
    async close() {
      for (const producer of producers.values()) await producer.close();
    },
  };
}

function requestOf(url: string, headers: Readonly<Record<string, string | undefined>>, body: string): RawRequest {
  return {
    method: "POST",
    url,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    query: new URL(url).searchParams,
    params: {},
    body: Buffer.from(body),
  };
}

function paramsOf(groups: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
