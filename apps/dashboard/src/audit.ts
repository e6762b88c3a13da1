import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Logger } from "@millrace/core";
import type { DashboardEnv } from "./app.ts";
import { isChanging } from "./sign-in/same-origin.ts";

/** Logs one line per changing request, refused ones too: who asked for what, of which queue and job, and the answer. */
export function audit(log: Logger): MiddlewareHandler<DashboardEnv> {
  return async (c, next) => {
    await next();
    if (!isChanging(c.req.method)) return;
    const { queueName, jobId } = c.req.param() as { queueName?: string; jobId?: string };
    const { method } = c.req;
    // After `next` these are the route and the parameters of the handler that answered.
    const fields = {
      who: c.get("operator"),
      method,
      route: routePath(c),
      queue: queueName,
      jobId,
      status: c.res.status,
    };
    log[c.res.ok ? "info" : "warn"](fields, "dashboard.change");
  };
}
