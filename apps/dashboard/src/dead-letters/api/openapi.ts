import { OpenAPIHono, type z } from "@hono/zod-openapi";
import type { DashboardEnv } from "../../http/hono-env.ts";
import { problem } from "../../http/problem.ts";

/** Security of every operation: HTTP Basic with the name and password of an operator. */
export const security = [{ operator: [] }];

/** Errors that every operation may respond with. */
export const commonErrors = {
  400: { description: "The request is invalid; `title` names the field." },
  401: { description: "The name or the password is missing or wrong." },
  403: { description: "The operator is a viewer." },
};

/** A JSON response of an operation. */
export function jsonResponse<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** A required JSON request body of an operation. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: true, content: { "application/json": { schema } } } };
}

/** An app that validates requests by the schemas of its routes. An invalid request is answered with 400. */
export function openApiApp(): OpenAPIHono<DashboardEnv> {
  return new OpenAPIHono<DashboardEnv>({
    defaultHook(result, c) {
      if (result.success) return undefined;
      const [issue] = result.error.issues;
      return problem(c, 400, `${issue?.path.join(".") || "the request"}: ${issue?.message}`);
    },
  });
}
