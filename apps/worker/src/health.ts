import { Hono } from "hono";

/**
 * The worker's health server: /livez answers while the process runs, /readyz while Postgres and the queue accept writes.
 * @param check rejects while a store accepts no writes
 */
export function createHealthApp(check: () => Promise<unknown>): Hono {
  return new Hono()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      try {
        await check();
        return c.json({ status: "ready" });
      } catch {
        return c.json({ status: "not ready" }, 503);
      }
    });
}
