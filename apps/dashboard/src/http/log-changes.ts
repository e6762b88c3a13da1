import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Logger } from "@millrace/core";
import { isChanging } from "./changing-methods.ts";
import type { DashboardEnv } from "./hono-env.ts";

/** Logs one line per changing request, also when it was rejected: the operator, the route, queue, job and status. */
export function logChanges(log: Logger): MiddlewareHandler<DashboardEnv> {
  return async (c, next) => {
    await next();
    if (!isChanging(c.req.method)) return;
    // After `next`, Hono reports the parameters and the route of the handler that responded.
    const { queueName, jobId } = c.req.param() as { queueName?: string; jobId?: string };
    const fields = {
      operator: c.get("operator"),
      method: c.req.method,
      route: routePath(c),
      queue: queueName,
      jobId,
      status: c.res.status,
    };
    log[c.res.ok ? "info" : "warn"](fields, "dashboard.change");
  };
}
