import type { ApiRoute } from "@millrace/core";
import { z } from "zod";
import manifest from "../../package.json" with { type: "json" };
import { problemSchema } from "../problem.ts";
import { type SchemaComponents, schemaComponents } from "./schemas.ts";

/** The OpenAPI 3.1 document of these routes, made of the schemas that check their requests. */
export function openApiDocument(apis: ReadonlyMap<string, readonly ApiRoute[]>): Record<string, unknown> {
  const components = schemaComponents();
  const problem = components.add("Problem", problemSchema, "output");
  const paths = Object.fromEntries(
    [...apis].flatMap(([integration, routes]) =>
      routes.map((route) => [pathOf(route), { post: operation(integration, route, components) }]),
    ),
  );
  const refusal = (status: number, title: string, description: string, headers = {}, details = {}) => {
    const example = { type: "about:blank", title, status, ...details, correlationId: "checkout-4711" };
    return {
      description,
      headers: { ...requestIdHeader, ...headers },
      content: { "application/problem+json": { schema: problem, example } },
    };
  };
  return {
    openapi: "3.1.1",
    info: {
      title: "Millrace",
      version: manifest.version,
      description:
        "What is accepted is in the queue; the work is done behind it. Every refusal is answered with problem details (RFC 9457).",
    },
    tags: [...apis].filter(([, routes]) => routes.length > 0).map(([name]) => ({ name })),
    paths,
    components: {
      schemas: components.schemas,
      parameters: { IdempotencyKey: idempotencyKey },
      headers: { RequestId: requestId },
      responses: {
        BadRequest: refusal(
          400,
          "Invalid body",
          "The body or the Idempotency-Key is wrong; `detail` says how and `errors` names the fields.",
          {},
          {
            detail: "message.text is required",
            errors: [{ pointer: "/message/text", field: "message.text", detail: "is required" }],
          },
        ),
        Unauthorized: refusal(401, "API key refused", "The proof is missing or wrong.", {
          "WWW-Authenticate": { schema: { type: "string" }, description: "`Bearer`, where an API key is the proof." },
        }),
        TooLarge: refusal(413, "Body too large", "The body is too large."),
        UnsupportedContentType: refusal(415, "Unsupported content type", "The body is not `application/json`."),
        QueueAway: refusal(503, "The queue is away", "Nothing was accepted. Send it again.", {
          "Retry-After": { schema: { type: "integer" }, description: "Seconds to wait." },
        }),
      },
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "One of the keys that the operator set in API_KEYS." },
        callbackProof: {
          type: "apiKey",
          in: "header",
          name: "webhook-signature",
          description: "What the operation says under *Proof*; a signature covers the body.",
        },
      },
    },
  };
}

const requestIdHeader = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };

const requestId = {
  description:
    "The request's correlation id: the caller's own `X-Request-Id` when it sent a plain token, else a new one.",
  schema: { type: "string" },
};

const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  description: "The caller's own name for the request. A request that is repeated under it is done once.",
  schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7E]+$" },
};

function operation(integration: string, route: ApiRoute, components: SchemaComponents): Record<string, unknown> {
  const name = nameOf(route.paths[0]);
  const [, ...aliases] = route.paths;
  const also = aliases.map((path) => `\`${path}\``).join(", ");
  const answer = components.add(`${name}Answer`, route.response, "output");
  const accepted = (description: string) => ({
    description,
    headers: requestIdHeader,
    content: { "application/json": { schema: answer } },
  });
  return {
    tags: [integration],
    operationId: name,
    summary: route.summary,
    description: [
      route.description,
      `Proof: ${route.authentication}.`,
      ...(also ? [`Also answered at ${also}.`] : []),
    ].join("\n\n"),
    security: [route.authenticate ? { callbackProof: [] } : { apiKey: [] }],
    parameters: [...pathParameters(route), { $ref: "#/components/parameters/IdempotencyKey" }],
    requestBody: {
      required: true,
      content: { "application/json": { schema: components.add(`${name}Request`, route.body, "input") } },
    },
    responses: {
      [route.status]: accepted("Accepted: it is in the queue."),
      400: { $ref: "#/components/responses/BadRequest" },
      401: { $ref: "#/components/responses/Unauthorized" },
      413: { $ref: "#/components/responses/TooLarge" },
      415: { $ref: "#/components/responses/UnsupportedContentType" },
      503: { $ref: "#/components/responses/QueueAway" },
    },
  };
}

/** `/api/leads/:id/won` as OpenAPI writes it. */
function pathOf({ paths: [path] }: ApiRoute): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}

function pathParameters({ params }: ApiRoute): Record<string, unknown>[] {
  const { properties = {} } = params ? z.toJSONSchema(params, { io: "input" }) : {};
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "path", required: true, schema }));
}

/** A route's name in the document, e.g. `WhatsappSend`. */
function nameOf(path: string): string {
  const words = path
    .replace(/^\/api\/(?:integrations\/)?/, "")
    .replaceAll(/:\w+/g, "")
    .split(/[^A-Za-z0-9]+/);
  return words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
}
