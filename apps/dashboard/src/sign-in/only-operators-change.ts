import type { MiddlewareHandler } from "hono";
import type { DashboardEnv } from "../app.ts";
import { problem } from "../problem.ts";
import { isChanging } from "./same-origin.ts";

/** Refuses whatever a viewer might change, by its method: no route has to think of it. */
export const onlyOperatorsChange: MiddlewareHandler<DashboardEnv> = async (c, next) => {
  if (isChanging(c.req.method) && c.get("role") !== "operator")
    return problem(c, 403, "Refused: a viewer looks and changes nothing");
  await next();
};
