import { Hono } from "hono";
import type { FaultQueue } from "./faults.ts";
import { graphFaultSchema } from "./graph/faults.ts";
import type { RequestLog } from "./requests.ts";

/**
 * The sandbox's own routes. `POST /_faults {"match":{"leadgenId":"1"},"fault":"throttle","times":2}` orders a fault,
 * `DELETE /_faults` takes all back; `GET /_requests` lists what was asked, `DELETE /_requests` forgets it.
 */
export function controlRoutes(faults: FaultQueue, requests: RequestLog): Hono {
  return new Hono()
    .post("/_faults", async (c) => {
      const order = graphFaultSchema.safeParse(await c.req.json().catch(() => undefined));
      if (!order.success) return c.json({ problems: order.error.issues.map(({ message }) => message) }, 400);
      faults.add(order.data);
      return c.body(null, 204);
    })
    .delete("/_faults", (c) => {
      faults.clear();
      return c.body(null, 204);
    })
    .get("/_requests", (c) => c.json(requests.list()))
    .delete("/_requests", (c) => {
      requests.clear();
      return c.body(null, 204);
    });
}
