import type { AddressInfo } from "node:net";
import { serve, type ServerType } from "@hono/node-server";
import { type ApiRoute, hmacSha256Hex, type QueueRole, systemNow, uuidv7, type Webhook } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import {
  createProducer,
  createQueueReader,
  openQueueBackend,
  type Producer,
  queueDefinition,
  type QueueReader,
} from "@millrace/queue";
import { recordingLogger, until } from "@millrace/testing";
import { createIngestApp } from "../src/app.ts";

/** Variables that switch every integration on. */
export const environment = {
  META_APP_SECRET: "meta-secret-of-the-test",
  META_WEBHOOK_VERIFY_TOKEN: "meta-verify-token",
  WHATSAPP_APP_SECRET: "whatsapp-old-secret,whatsapp-new-secret",
  WHATSAPP_WEBHOOK_VERIFY_TOKEN: "whatsapp-verify-token",
  TELEGRAM_WEBHOOK_SECRET: "telegram-webhook-secret",
};

/** A running ingest with readers of its queues. */
export type IngestServer = {
  url: string;
  reader(integration: string, role?: QueueRole): QueueReader;
  log: ReturnType<typeof recordingLogger>;
  close(): Promise<void>;
};

/** Starts ingest on a queue store with the given API routes only, and with all integrations' webhooks or those in `own`. */
export async function startIngest(
  queueUrl: string,
  overrides: Record<string, string> = {},
  api: { apis: ReadonlyMap<string, readonly ApiRoute[]>; apiKeys: readonly string[] } = {
    apis: new Map(),
    apiKeys: [],
  },
  own: { webhooks?: ReadonlyMap<string, readonly Webhook[]>; publicUrl?: string } = {},
): Promise<IngestServer> {
  const log = recordingLogger();
  const producing = openQueueBackend(queueUrl, "producer", 4, log.log);
  const reading = openQueueBackend(queueUrl, "consumer", 2);
  const producers: Producer[] = [];
  const app = createIngestApp({
    webhooks:
      own.webhooks ??
      new Map(
        integrations.map((integration) => [integration.id, integration.webhooks({ ...environment, ...overrides })]),
      ),
    publicUrl: own.publicUrl,
    ...api,
    producerOf: (integration, role) => {
      const producer = createProducer(producing, queueDefinition(integration, role));
      producers.push(producer);
      return producer;
    },
    checkQueue: producing.checkWritable,
    log: log.log,
    now: systemNow,
    newId: uuidv7,
  });
  const server = await new Promise<ServerType>((resolve) => {
    const listening = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => resolve(listening));
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  await until("ingest is ready", async () => (await fetch(`${url}/readyz`)).ok);
  return {
    url,
    reader: (integration, role = "inbound") => createQueueReader(reading, [queueDefinition(integration, role)]),
    log,
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      await Promise.allSettled(producers.map((producer) => producer.close()));
      await Promise.allSettled([producing.close(), reading.close()]);
    },
  };
}

/** A WhatsApp request with these messages, one event each. */
export function whatsappBody(ids: readonly string[], text = "hello"): string {
  const messages = ids.map((id) => ({
    from: "4915112345678",
    id,
    timestamp: "1790000000",
    type: "text",
    text: { body: text },
  }));
  const value = { messaging_product: "whatsapp", metadata: { phone_number_id: "111" }, contacts: [], messages };
  return JSON.stringify({
    object: "whatsapp_business_account",
    entry: [{ id: "222", changes: [{ field: "messages", value }] }],
  });
}

/** Posts a body to WhatsApp's canonical path, with a valid signature unless `headers` replace it. */
export function postWhatsapp(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  const signature = `sha256=${hmacSha256Hex("whatsapp-new-secret", Buffer.from(body))}`;
  return fetch(`${url}/api/integrations/whatsapp/webhook`, {
    method: "POST",
    body,
    headers: { "x-hub-signature-256": signature, ...headers },
  });
}
