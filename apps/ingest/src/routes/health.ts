import { Hono } from "hono";
import type { IngestEnv, IngestParts } from "../app.ts";
import { problem } from "../problem.ts";

/** Whether it is alive, whether it can take webhooks, and which integrations it takes them for. */
export function healthRoutes({ webhooks, pingQueue }: IngestParts): Hono<IngestEnv> {
  return new Hono<IngestEnv>()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      try {
        await pingQueue();
        return c.json({ status: "ready" });
      } catch {
        return problem(c, 503, "The queue is away", { "Retry-After": "5" });
      }
    })
    .get("/api/health", (c) =>
      c.json({ integrations: Object.fromEntries([...webhooks].map(([id, webhook]) => [id, webhook !== undefined])) }),
    );
}
