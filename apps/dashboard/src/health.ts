import { Hono } from "hono";
import type { DashboardEnv } from "./app.ts";
import { problem } from "./problem.ts";

/** Whether it is alive and whether its stores answer; all that is told to those who have not signed in. */
export function healthRoutes(pings: Readonly<Record<string, () => Promise<void>>>): Hono<DashboardEnv> {
  return new Hono<DashboardEnv>()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      for (const [store, ping] of Object.entries(pings)) {
        const isAway = await ping().then(
          () => false,
          () => true,
        );
        if (isAway) return problem(c, 503, `${store} is away`, { "Retry-After": "5" });
      }
      return c.json({ status: "ready" });
    });
}
