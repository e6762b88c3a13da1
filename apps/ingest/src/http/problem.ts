import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "@hono/zod-openapi";
import type { IngestEnv } from "../deps.ts";

/** An error in one field of a body. It names the field and what the field must be, never the value that was sent. */
const fieldErrorSchema = z.object({
  pointer: z.string().meta({ description: "The field as a JSON pointer (RFC 6901).", examples: ["/message/text"] }),
  field: z.string().meta({ description: "The field as a dotted path.", examples: ["message.text"] }),
  detail: z.string().meta({ examples: ["is required"] }),
});

/** Problem details (RFC 9457), the body of every error response. */
export const problemSchema = z
  .object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional().meta({ description: "What is wrong, and how to correct it." }),
    errors: z.array(fieldErrorSchema).optional().meta({ description: "The invalid fields of the body." }),
    correlationId: z
      .string()
      .meta({ description: "Identifies the request in the logs. It is also the `X-Request-Id` of the response." }),
  })
  .meta({ description: "Problem details (RFC 9457)." });

/** See {@link problemSchema}. */
export type FieldError = z.infer<typeof fieldErrorSchema>;

/** The optional members of problem details. */
export type ProblemDetails = Pick<z.infer<typeof problemSchema>, "detail" | "errors">;

/** A response with problem details. They name the request by its correlation id and repeat no part of its content. */
export function problem(
  c: Context<IngestEnv>,
  status: ContentfulStatusCode,
  title: string,
  headers: Record<string, string> = {},
  details: ProblemDetails = {},
): Response {
  const correlationId = c.get("requestId");
  const body: z.infer<typeof problemSchema> = { type: "about:blank", title, status, ...details, correlationId };
  return c.body(JSON.stringify(body), status, { "content-type": "application/problem+json", ...headers });
}
