import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { DashboardEnv } from "../../http/hono-env.ts";
import { problem } from "../../http/problem.ts";
import { ChangeRejectedError } from "../change-rejected-error.ts";
import { rejectRedactedSecrets } from "../job-data.ts";
import type { DeadLetterApiDeps } from "./deps.ts";
import { commonErrors, jsonBody, openApiApp, security } from "./openapi.ts";
import * as schemas from "./schemas.ts";

const edit = createRoute({
  method: "put",
  path: "/api/dead-letters/{id}",
  summary: "Replace the payload of a dead letter",
  security,
  request: { params: schemas.idParameter, ...jsonBody(schemas.editRequest) },
  responses: {
    204: { description: "Replaced" },
    404: { description: "No dead letter has this id" },
    409: { description: "It is not in state dead, or its payload contains a redacted secret" },
    ...commonErrors,
  },
});

/** Replaces the payload that a replay will process. */
export function editRoutes({ deadLetters, replays }: DeadLetterApiDeps): OpenAPIHono<DashboardEnv> {
  return openApiApp().openapi(edit, async (c) => {
    const { payload, reason } = c.req.valid("json");
    const deadLetter = await deadLetters.find(c.req.valid("param").id);
    if (!deadLetter) return problem(c, 404, "No dead letter has this id");
    try {
      rejectRedactedSecrets(deadLetter.payload, payload);
    } catch (error) {
      if (error instanceof ChangeRejectedError) return problem(c, 409, error.message);
      throw error;
    }
    const isEdited = await replays.edit(deadLetter.id, payload, { actor: c.get("operator"), reason });
    return isEdited ? c.body(null, 204) : problem(c, 409, "Only a dead letter in state dead can be edited");
  });
}
