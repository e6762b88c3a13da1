import { type Context, Hono } from "hono";
import type { Webhook } from "@millrace/core";
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
  for (const [integration, webhook] of deps.webhooks) {
    if (!webhook) continue;
    const mounted = { integration, webhook, producer: deps.producerOf(integration, "inbound") };
    for (const path of webhook.paths) {
      routes.get(path, (c) => answerChallenge(c, webhook));
      routes.post(path, (c) => receiveWebhook(c, deps, mounted));
      routes.all(path, (c) =>
        problem(c, 405, "Method not allowed", { Allow: webhook.challenge ? "GET, POST" : "POST" }),
      );
    }
  }
  return routes;
}

function answerChallenge(c: Context<IngestEnv>, webhook: Webhook): Response {
  if (!webhook.challenge) return problem(c, 405, "Method not allowed", { Allow: "POST" });
  const challenge = webhook.challenge(rawRequest(c, new Uint8Array()));
  return challenge === undefined ? problem(c, 403, "Verification refused") : c.text(challenge);
}

/** Responds with 200 after the events are durable. The response has no body: Telegram executes a method named in it. */
async function receiveWebhook(
  c: Context<IngestEnv>,
  { log, now }: IngestDeps,
  { integration, webhook, producer }: MountedWebhook,
): Promise<Response> {
  const receivedAt = now();
  const correlationId = c.get("requestId");
  let events = 0;
  const respond = async (): Promise<Response> => {
    try {
      const request = rawRequest(c, await readBody(c.env.incoming, webhook.maxBodyBytes));
      const accepted = await acceptWebhook({ webhook, producer }, request, { integration, correlationId, receivedAt });
      events = accepted.length;
      return c.body(null, 200);
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
