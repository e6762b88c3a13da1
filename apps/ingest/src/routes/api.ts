import { type Context, Hono } from "hono";
import type { ApiRoute } from "@millrace/core";
import type { Producer } from "@millrace/queue";
import { acceptApiRequest } from "../accept/api-request.ts";
import { type Authenticate, type AuthenticatedCaller, createAuthenticate } from "../accept/authentication.ts";
import type { IngestDeps, IngestEnv } from "../deps.ts";
import { errorResponse } from "../http/http-error.ts";
import { problem } from "../http/problem.ts";
import { rawRequest } from "../http/raw-request.ts";
import { readBody } from "../http/read-body.ts";

/** A route with what serves it. */
type MountedRoute = { integration: string; route: ApiRoute; producer: Producer; authenticate: Authenticate };

/** The routes of the API. Each checks the method, the caller, the size and the body, and responds once the events are durable. */
export function apiRoutes(deps: IngestDeps): Hono<IngestEnv> {
  const routes = new Hono<IngestEnv>();
  const authenticate = createAuthenticate(deps.apiKeys);
  for (const [integration, apis] of deps.apis) {
    for (const route of apis) {
      const mounted = { integration, route, producer: deps.producerOf(integration, route.role), authenticate };
      for (const path of route.paths) {
        routes.post(path, (c) => receiveRequest(c, deps, mounted));
        routes.all(path, (c) => problem(c, 405, "Method not allowed", { Allow: "POST" }));
      }
    }
  }
  return routes;
}

async function receiveRequest(
  c: Context<IngestEnv>,
  { publicUrl, log, newId, now }: IngestDeps,
  { integration, route, producer, authenticate }: MountedRoute,
): Promise<Response> {
  const receivedAt = now();
  const correlationId = c.get("requestId");
  let caller: AuthenticatedCaller | undefined;
  let events = 0;
  const respond = async (): Promise<Response> => {
    try {
      // An API key is checked before the body is read; a route's own scheme may sign the body.
      if (!route.authenticate) caller = authenticate(route, rawRequest(c, publicUrl, new Uint8Array()), receivedAt);
      const request = rawRequest(c, publicUrl, await readBody(c.env.incoming, route.maxBodyBytes));
      caller ??= authenticate(route, request, receivedAt);
      const context = { integration, correlationId, receivedAt, caller, newId };
      const accepted = await acceptApiRequest({ route, producer }, request, context);
      events = accepted.events.length;
      return c.body(JSON.stringify(accepted.body), route.status, { "content-type": "application/json" });
    } catch (error) {
      return errorResponse(c, error);
    }
  };
  const response = await respond();
  const durationMs = now().getTime() - receivedAt.getTime();
  log[response.ok ? "info" : "warn"](
    {
      integration,
      route: route.paths[0],
      correlationId,
      caller: caller?.caller,
      status: response.status,
      events,
      durationMs,
    },
    "api.received",
  );
  return response;
}
