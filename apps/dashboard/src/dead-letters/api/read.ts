import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { DashboardEnv } from "../../http/hono-env.ts";
import { problem } from "../../http/problem.ts";
import { redact } from "../../redact.ts";
import type { DeadLetterApiDeps } from "./deps.ts";
import { commonErrors, jsonResponse, openApiApp, security } from "./openapi.ts";
import { summaryOf } from "./responses.ts";
import * as schemas from "./schemas.ts";

const list = createRoute({
  method: "get",
  path: "/api/dead-letters",
  summary: "List dead letters, latest failure first",
  security,
  request: { query: schemas.listQuery },
  responses: {
    200: jsonResponse(
      z.object({ deadLetters: z.array(schemas.deadLetterSummary), counts: schemas.counts, isExact: schemas.isExact }),
      "A page of dead letters, and the count of the selection in the requested state. Without a condition, the counts of all states",
    ),
    ...commonErrors,
  },
});

const show = createRoute({
  method: "get",
  path: "/api/dead-letters/{id}",
  summary: "Get a dead letter with its payload and its earlier failures",
  security,
  request: { params: schemas.idParameter },
  responses: {
    200: jsonResponse(schemas.deadLetter, "The dead letter"),
    404: { description: "No dead letter has this id" },
    ...commonErrors,
  },
});

/** Lists dead letters and returns one of them. */
export function readRoutes({ deadLetters }: DeadLetterApiDeps): OpenAPIHono<DashboardEnv> {
  return openApiApp()
    .openapi(list, async (c) => {
      const { state, offset, limit, ...selection } = c.req.valid("query");
      const found = await deadLetters.select(selection, [state], { offset, limit });
      return c.json({ ...found, deadLetters: found.deadLetters.map(summaryOf) }, 200);
    })
    .openapi(show, async (c) => {
      const deadLetter = await deadLetters.find(c.req.valid("param").id);
      if (!deadLetter) return problem(c, 404, "No dead letter has this id");
      return c.json({ ...summaryOf(deadLetter), payload: redact(deadLetter.payload) }, 200);
    });
}
