import { Hono } from "hono";
import type { IngestEnv, IngestParts } from "../app.ts";
import { problem } from "../problem.ts";

/** Whether it is alive, whether it can take webhooks, and which integrations it takes requests for. */
export function healthRoutes(parts: IngestParts): Hono<IngestEnv> {
  const integrations = integrationsOn(parts);
  return new Hono<IngestEnv>()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      try {
        await parts.pingQueue();
        return c.json({ status: "ready" });
      } catch {
        return problem(c, 503, "The queue is away", { "Retry-After": "5" });
      }
    })
    .get("/api/health", (c) => c.json({ integrations }));
}

/** By integration id, whether anything of it is mounted: its webhook or a route of our API. */
export function integrationsOn({ webhooks, apis }: Pick<IngestParts, "webhooks" | "apis">): Record<string, boolean> {
  const ids = [...new Set([...webhooks.keys(), ...apis.keys()])];
  return Object.fromEntries(ids.map((id) => [id, webhooks.get(id) !== undefined || (apis.get(id) ?? []).length > 0]));
}
