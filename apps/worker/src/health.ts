import { Hono } from "hono";

/**
 * The worker's health server: /livez answers while the process runs, /readyz while Postgres and the queue accept writes and
 * the worker consumes its queues.
 * @param check rejects while a store accepts no writes
 * @param waitsFor why the worker does not consume its queues; undefined while it does
 */
export function createHealthApp(check: () => Promise<unknown>, waitsFor: () => string | undefined): Hono {
  return new Hono()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      try {
        await check();
        const reason = waitsFor();
        return reason === undefined ? c.json({ status: "ready" }) : c.json({ status: "not ready", reason }, 503);
      } catch {
        return c.json({ status: "not ready" }, 503);
      }
    });
}
