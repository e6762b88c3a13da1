import type { MiddlewareHandler } from "hono";
import { isChanging } from "../http/changing-methods.ts";
import type { DashboardEnv } from "../http/hono-env.ts";
import { problem } from "../http/problem.ts";

/** Rejects every changing request of a viewer. It checks the method, so a new route needs no check of its own. */
export const requireOperatorRole: MiddlewareHandler<DashboardEnv> = async (c, next) => {
  if (isChanging(c.req.method) && c.get("role") !== "operator")
    return problem(c, 403, "A viewer cannot change anything");
  await next();
};
