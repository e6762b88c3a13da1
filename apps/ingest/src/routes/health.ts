import { Hono } from "hono";
import type { IngestDeps, IngestEnv } from "../deps.ts";
import { problem } from "../http/problem.ts";

/** Liveness, readiness (the queue accepts writes), and which integrations are switched on. */
export function healthRoutes(deps: IngestDeps): Hono<IngestEnv> {
  const integrations = enabledIntegrations(deps);
  return new Hono<IngestEnv>()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      try {
        await deps.checkQueue();
        return c.json({ status: "ready" });
      } catch {
        return problem(c, 503, "Queue unavailable", { "Retry-After": "5" });
      }
    })
    .get("/api/health", (c) => c.json({ integrations }));
}

/** By integration id, whether a webhook of it or a route of its API is mounted. */
export function enabledIntegrations({
  webhooks,
  apis,
}: Pick<IngestDeps, "webhooks" | "apis">): Record<string, boolean> {
  const ids = [...new Set([...webhooks.keys(), ...apis.keys()])];
  return Object.fromEntries(
    ids.map((id) => [id, [webhooks, apis].some((routes) => (routes.get(id) ?? []).length > 0)]),
  );
}
