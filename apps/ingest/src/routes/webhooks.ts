import { type Context, Hono } from "hono";
import type { InboundEvent, Webhook } from "@millrace/core";
import type { Producer } from "@millrace/queue";
import type { IngestEnv, IngestParts } from "../app.ts";
import { readBody } from "../body.ts";
import { problem } from "../problem.ts";
import { rawRequest } from "../raw-request.ts";
import { refuse } from "../refusal.ts";
import { stamp } from "../stamp.ts";

/**
 * The way of a webhook: refuse what is cheap to refuse, read the raw bytes, verify, split, enqueue, and only then
 * answer 200. The body of that answer is empty: Telegram would carry out a method named in it.
 */
export function webhookRoutes(parts: IngestParts): Hono<IngestEnv> {
  const routes = new Hono<IngestEnv>();
  for (const [integration, webhook] of parts.webhooks) {
    if (!webhook) continue;
    const producer = parts.producerOf(integration, "inbound");
    for (const path of webhook.paths) {
      routes.get(path, (c) => shakeHands(c, webhook));
      routes.post(path, (c) => takeIn(c, parts, integration, webhook, producer));
      routes.all(path, (c) =>
        problem(c, 405, "Method not allowed", { Allow: webhook.challenge ? "GET, POST" : "POST" }),
      );
    }
  }
  return routes;
}

type WebhookContext = Context<IngestEnv>;

function shakeHands(c: WebhookContext, webhook: Webhook): Response {
  if (!webhook.challenge) return problem(c, 405, "Method not allowed", { Allow: "POST" });
  const challenge = webhook.challenge(rawRequest(c, new Uint8Array()));
  return challenge === undefined ? problem(c, 403, "Handshake refused") : c.text(challenge);
}

async function takeIn(
  c: WebhookContext,
  parts: IngestParts,
  integration: string,
  webhook: Webhook,
  producer: Producer,
): Promise<Response> {
  const startedAt = parts.now();
  const correlationId = c.get("correlationId");
  let events: readonly InboundEvent[] = [];
  const answer = async (): Promise<Response> => {
    try {
      const request = rawRequest(c, await readBody(c.env.incoming, webhook.maxBodyBytes));
      if (!webhook.authenticate(request)) return problem(c, 401, "Signature refused");
      events = stamp(webhook.parse(request), { integration, correlationId, receivedAt: startedAt.toISOString() });
      await producer.enqueue(events, request.body.byteLength);
      return c.body(null, 200);
    } catch (error) {
      return refuse(c, error);
    }
  };
  const response = await answer();
  const durationMs = parts.now().getTime() - startedAt.getTime();
  const level = response.status === 200 ? "info" : "warn";
  parts.log[level](
    { integration, correlationId, status: response.status, events: events.length, durationMs },
    "webhook.received",
  );
  return response;
}
