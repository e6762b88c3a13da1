import { type Context, Hono } from "hono";
import type { ApiRoute, RawRequest } from "@millrace/core";
import type { Producer } from "@millrace/queue";
import type { IngestEnv, IngestParts } from "../app.ts";
import { readBody } from "../body.ts";
import { checked, readJson } from "../json-body.ts";
import { problem } from "../problem.ts";
import { type Proof, proofBy } from "../authentication.ts";
import { rawRequest } from "../raw-request.ts";
import { Refusal, refuse } from "../refusal.ts";
import { stamp } from "../stamp.ts";

/** A route with what it takes to serve it. */
type Mounted = { integration: string; route: ApiRoute; producer: Producer; proof: Proof };

/**
 * The way of a request to our own API: method, the caller's key, size, the route's own proof, the path's parameters,
 * content type, JSON, schema, Idempotency-Key; then the route makes events of it, they are enqueued, and only then is it
 * answered.
 */
export function apiRoutes(parts: IngestParts): Hono<IngestEnv> {
  const routes = new Hono<IngestEnv>();
  const proof = proofBy(parts.apiKeys);
  for (const [integration, apis] of parts.apis) {
    for (const route of apis) {
      const mounted = { integration, route, producer: parts.producerOf(integration, route.role), proof };
      for (const path of route.paths) {
        routes.post(path, (c) => takeIn(c, parts, mounted));
        routes.all(path, (c) => problem(c, 405, "Method not allowed", { Allow: "POST" }));
      }
    }
  }
  return routes;
}

async function takeIn(
  c: Context<IngestEnv>,
  parts: IngestParts,
  { integration, route, producer, proof }: Mounted,
): Promise<Response> {
  const startedAt = parts.now();
  const correlationId = c.get("correlationId");
  let caller: string | undefined;
  let queued = 0;
  const answer = async (): Promise<Response> => {
    try {
      // A key needs no body: without one, none is read.
      if (!route.authenticate) caller = proof(route, rawRequest(c, new Uint8Array()), startedAt);
      const request = rawRequest(c, await readBody(c.env.incoming, route.maxBodyBytes));
      caller ??= proof(route, request, startedAt);
      const params = route.params && checked(route.params, request.params, "Invalid path");
      const body = readJson(request, route.body);
      const idempotencyKey = readIdempotencyKey(request);
      const accepted = route.accept(body, { params, caller, idempotencyKey, newId: parts.newId, now: startedAt });
      const events = stamp(accepted.events, { integration, correlationId, receivedAt: startedAt.toISOString() });
      await producer.enqueue(events, request.body.byteLength);
      queued = events.length;
      return c.body(JSON.stringify(accepted.body), route.status, { "content-type": "application/json" });
    } catch (error) {
      return refuse(c, error);
    }
  };
  const response = await answer();
  const durationMs = parts.now().getTime() - startedAt.getTime();
  parts.log[response.ok ? "info" : "warn"](
    { integration, route: route.paths[0], correlationId, caller, status: response.status, events: queued, durationMs },
    "api.received",
  );
  return response;
}

/** The caller's name for a request; one that is signed by Standard Webhooks has it in `webhook-id`. */
function readIdempotencyKey({ headers }: RawRequest): string | undefined {
  const key = headers["idempotency-key"] ?? headers["webhook-id"];
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Refusal(400, "Invalid Idempotency-Key", { detail: "it must be 1 to 255 visible ASCII characters" });
}
