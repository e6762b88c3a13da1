import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { DashboardEnv } from "../../http/hono-env.ts";
import { problem } from "../../http/problem.ts";
import type { DeadLetterApiDeps } from "./deps.ts";
import { commonErrors, jsonBody, jsonResponse, openApiApp, security } from "./openapi.ts";
import { replayOf } from "./responses.ts";
import * as schemas from "./schemas.ts";

/** Number of replays in the list. */
const LISTED_REPLAYS = 50;

const list = createRoute({
  method: "get",
  path: "/api/dead-letters/replays",
  summary: `List the latest ${LISTED_REPLAYS} replays`,
  security,
  responses: {
    200: jsonResponse(z.object({ replays: z.array(schemas.replay) }), "The replays, latest first"),
    ...commonErrors,
  },
});

const show = createRoute({
  method: "get",
  path: "/api/dead-letters/replays/{id}",
  summary: "Get a replay with its progress",
  security,
  request: { params: schemas.idParameter },
  responses: {
    200: jsonResponse(schemas.replay, "The replay"),
    404: { description: "No replay has this id" },
    ...commonErrors,
  },
});

const cancel = createRoute({
  method: "post",
  path: "/api/dead-letters/replays/{id}/cancel",
  summary: "Cancel a replay: it requeues no further job",
  security,
  request: { params: schemas.idParameter, ...jsonBody(schemas.cancelRequest) },
  responses: {
    204: { description: "Cancelled" },
    404: { description: "No replay has this id" },
    409: { description: "The replay is not running" },
    ...commonErrors,
  },
});

/** Lists, returns and cancels replays. */
export function replayRoutes({ replays }: DeadLetterApiDeps): OpenAPIHono<DashboardEnv> {
  return openApiApp()
    .openapi(list, async (c) => c.json({ replays: (await replays.latest(LISTED_REPLAYS)).map(replayOf) }, 200))
    .openapi(show, async (c) => {
      const found = await replays.find(c.req.valid("param").id);
      return found ? c.json(replayOf(found), 200) : problem(c, 404, "No replay has this id");
    })
    .openapi(cancel, async (c) => {
      const { id } = c.req.valid("param");
      if (!(await replays.find(id))) return problem(c, 404, "No replay has this id");
      const { reason } = c.req.valid("json");
      const isCancelled = await replays.cancel(id, { actor: c.get("operator"), reason });
      return isCancelled ? c.body(null, 204) : problem(c, 409, "The replay is not running");
    });
}
