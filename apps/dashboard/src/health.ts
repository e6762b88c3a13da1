import { Hono } from "hono";
import type { DashboardEnv } from "./app.ts";
import { problem } from "./problem.ts";

/** Whether it is alive and whether the queue's store answers; all that is told to those who have not signed in. */
export function healthRoutes(pingQueue: () => Promise<void>): Hono<DashboardEnv> {
  return new Hono<DashboardEnv>()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      try {
        await pingQueue();
        return c.json({ status: "ready" });
      } catch {
        return problem(c, 503, "The queue is away", { "Retry-After": "5" });
      }
    });
}
