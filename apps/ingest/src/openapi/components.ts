import { z } from "@hono/zod-openapi";
import { problemSchema } from "../http/problem.ts";

/** The header `X-Request-Id` of every response. */
export const requestIdHeader = {
  description:
    "The correlation id of the request: the caller's `X-Request-Id` if it has at most 128 letters, digits, `-`, `_` or `=`, otherwise a new id.",
  schema: { type: "string" as const },
};

/** The header `Idempotency-Key` of every request. */
export const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header" as const,
  description:
    "The caller's key for the request. Millrace executes requests of one caller with the same key once. A signed request " +
    "has the key of its signed headers and body instead.",
  schema: { type: "string" as const, minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7E]+$" },
};

/** How callers authenticate. */
export const securitySchemes = {
  apiKey: {
    type: "http" as const,
    scheme: "bearer",
    description: "One of the keys that the operator set in API_KEYS.",
  },
  callbackSignature: {
    type: "apiKey" as const,
    in: "header" as const,
    name: "webhook-signature",
    description: "The scheme that the operation describes under *Authentication*. A signature covers the body.",
  },
};

const problem = z.toJSONSchema(problemSchema, { io: "output" });
delete problem.$schema;

function errorResponse(
  status: number,
  title: string,
  description: string,
  more: { headers?: object; example?: object } = {},
) {
  const example = { type: "about:blank", title, status, ...more.example, correlationId: "checkout-4711" };
  return {
    description,
    headers: { "X-Request-Id": { $ref: "#/components/headers/RequestId" }, ...more.headers },
    content: { "application/problem+json": { schema: problem as object, example } },
  };
}

/** The error responses that every operation shares. */
export const responseComponents = {
  BadRequest: errorResponse(
    400,
    "Invalid body",
    "The body or the Idempotency-Key is invalid. `detail` describes the first error and `errors` lists the fields.",
    {
      example: {
        detail: "message.text is required",
        errors: [{ pointer: "/message/text", field: "message.text", detail: "is required" }],
      },
    },
  ),
  Unauthorized: errorResponse(401, "API key refused", "The authentication is missing or invalid.", {
    headers: {
      "WWW-Authenticate": {
        schema: { type: "string" },
        description: "`Bearer`, if the route requires an API key.",
      },
    },
  }),
  TooLarge: errorResponse(413, "Body too large", "The body is larger than the route's limit."),
  UnsupportedContentType: errorResponse(415, "Unsupported content type", "The content type is not `application/json`."),
  QueueUnavailable: errorResponse(503, "Queue unavailable", "Nothing was accepted. Send the request again.", {
    headers: { "Retry-After": { schema: { type: "integer" }, description: "Seconds to wait." } },
  }),
};
