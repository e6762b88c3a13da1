import { type Context, Hono } from "hono";
import type { VerificationChallenge, Webhook, WebhookResponse } from "@millrace/core";
import type { Producer } from "@millrace/queue";
import { acceptWebhook } from "../accept/webhook.ts";
import type { IngestDeps, IngestEnv } from "../deps.ts";
import { errorResponse } from "../http/http-error.ts";
import { problem } from "../http/problem.ts";
import { rawRequest } from "../http/raw-request.ts";
import { readBody } from "../http/read-body.ts";

/** A webhook with the queue that its events go into. */
type MountedWebhook = { integration: string; webhook: Webhook; producer: Producer };

/** The webhooks of the integrations that are switched on. */
export function webhookRoutes(deps: IngestDeps): Hono<IngestEnv> {
  const routes = new Hono<IngestEnv>();
  for (const [integration, webhooks] of deps.webhooks) {
    for (const webhook of webhooks) {
      const { challenge } = webhook;
      const mounted = { integration, webhook, producer: deps.producerOf(integration, "inbound") };
      const methods = challenge?.methods.includes("GET") ? "GET, POST" : "POST";
      for (const path of webhook.paths) {
        if (challenge?.methods.includes("GET")) routes.get(path, (c) => answerChallenge(c, deps, challenge));
        routes.post(path, (c) => receiveWebhook(c, deps, mounted));
        routes.all(path, (c) => problem(c, 405, "Method not allowed", { Allow: methods }));
      }
    }
  }
  return routes;
}

function answerChallenge(c: Context<IngestEnv>, { publicUrl }: IngestDeps, challenge: VerificationChallenge): Response {
  const response = challenge.respond(rawRequest(c, publicUrl, new Uint8Array()));
  return response ? respondWith(c, response) : problem(c, 403, "Verification refused");
}

/**
 * Responds with 200 after the events are durable. Without the webhook's own response there is no body: Telegram executes a
 * method named in it.
 */
async function receiveWebhook(
  c: Context<IngestEnv>,
  { publicUrl, log, now }: IngestDeps,
  { integration, webhook, producer }: MountedWebhook,
): Promise<Response> {
  const receivedAt = now();
  const correlationId = c.get("requestId");
  let events = 0;
  const respond = async (): Promise<Response> => {
    try {
      const request = rawRequest(c, publicUrl, await readBody(c.env.incoming, webhook.maxBodyBytes));
      const { challenge } = webhook;
      const challenged = challenge?.methods.includes("POST") ? challenge.respond(request) : undefined;
      if (challenged) return respondWith(c, challenged);
      const accepted = await acceptWebhook({ webhook, producer }, request, { integration, correlationId, receivedAt });
      events = accepted.length;
      return webhook.respond ? respondWith(c, webhook.respond(request)) : c.body(null, 200);
    } catch (error) {
      return errorResponse(c, error);
    }
  };
  const response = await respond();
  const durationMs = now().getTime() - receivedAt.getTime();
  log[response.status === 200 ? "info" : "warn"](
    { integration, correlationId, status: response.status, events, durationMs },
    "webhook.received",
  );
  return response;
}

function respondWith(c: Context<IngestEnv>, { contentType, body }: WebhookResponse): Response {
  return c.body(body, 200, { "content-type": contentType });
}
