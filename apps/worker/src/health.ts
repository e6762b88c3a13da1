import { Hono } from "hono";

/**
 * The worker's health server: /livez answers while the process runs, /readyz while Postgres and the queue answer.
 * @param ping rejects while a store does not answer
 */
export function createHealthApp(ping: () => Promise<unknown>): Hono {
  return new Hono()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      try {
        await ping();
        return c.json({ status: "ready" });
      } catch {
        return c.json({ status: "not ready" }, 503);
      }
    });
}
