import { Hono } from "hono";
import type { DashboardEnv } from "./hono-env.ts";
import { problem } from "./problem.ts";

/**
 * Liveness at `/livez`, readiness at `/readyz`; neither needs a sign-in. The dashboard is ready while every check
 * resolves. The keys of `checks` name the stores in the error text.
 */
export function healthRoutes(checks: Readonly<Record<string, () => Promise<void>>>): Hono<DashboardEnv> {
  return new Hono<DashboardEnv>()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      for (const [store, check] of Object.entries(checks)) {
        const isAvailable = await check().then(
          () => true,
          () => false,
        );
        if (!isAvailable) return problem(c, 503, `${store} is not available`, { "Retry-After": "5" });
      }
      return c.json({ status: "ready" });
    });
}
