import { Hono } from "hono";
import type { DashboardEnv } from "./hono-env.ts";
import { problem } from "./problem.ts";

/**
 * Liveness at `/livez`, readiness at `/readyz`; neither needs a sign-in. The dashboard is ready while every ping
 * resolves. The keys of `pings` name the stores in the error text.
 */
export function healthRoutes(pings: Readonly<Record<string, () => Promise<void>>>): Hono<DashboardEnv> {
  return new Hono<DashboardEnv>()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      for (const [store, ping] of Object.entries(pings)) {
        const isAvailable = await ping().then(
          () => true,
          () => false,
        );
        if (!isAvailable) return problem(c, 503, `${store} is not available`, { "Retry-After": "5" });
      }
      return c.json({ status: "ready" });
    });
}
