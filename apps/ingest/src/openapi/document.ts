import { OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import type { ApiExample, ApiRoute } from "@millrace/core";
import manifest from "../../package.json" with { type: "json" };
import { idempotencyKey, requestIdHeader, responseComponents, securitySchemes } from "./components.ts";
import { type SchemaComponents, schemaComponents } from "./schemas.ts";

/** The OpenAPI 3.1 document of the API, generated from the schemas that validate its requests. */
export function openApiDocument(apis: ReadonlyMap<string, readonly ApiRoute[]>): object {
  const { openAPIRegistry: registry, getOpenAPI31Document } = new OpenAPIHono();
  registry.registerComponent("headers", "RequestId", requestIdHeader);
  registry.registerComponent("parameters", "IdempotencyKey", idempotencyKey);
  for (const [name, scheme] of Object.entries(securitySchemes))
    registry.registerComponent("securitySchemes", name, scheme);
  for (const [name, response] of Object.entries(responseComponents))
    registry.registerComponent("responses", name, response);
  const components = schemaComponents();
  for (const [integration, routes] of apis)
    for (const route of routes) registry.registerPath(pathConfig(integration, route, components));
  for (const [name, schema] of Object.entries(components.schemas)) registry.registerComponent("schemas", name, schema);
  return getOpenAPI31Document({
    openapi: "3.1.1",
    info: {
      title: "Millrace",
      version: manifest.version,
      description:
        "A success response means that the request is durable in the queue. A worker does the work later. Every error response has problem details (RFC 9457).",
    },
    tags: [...apis].filter(([, routes]) => routes.length > 0).map(([name]) => ({ name })),
  });
}

function pathConfig(integration: string, route: ApiRoute, components: SchemaComponents): RouteConfig {
  const [path, ...aliases] = route.paths;
  const name = operationId(path);
  const also = aliases.map((alias) => `\`${alias}\``).join(", ");
  return {
    method: "post",
    // OpenAPI writes the parameter of `/api/leads/:id/won` as `{id}`.
    path: path.replaceAll(/:(\w+)/g, "{$1}"),
    tags: [integration],
    operationId: name,
    summary: route.summary,
    description: [
      route.description,
      `Authentication: ${route.authentication}.`,
      ...(also ? [`Also answered at ${also}.`] : []),
    ].join("\n\n"),
    security: [route.authenticate ? { callbackSignature: [] } : { apiKey: [] }],
    parameters: [{ $ref: "#/components/parameters/IdempotencyKey" }],
    request: {
      ...(route.params && { params: route.params }),
      body: {
        required: true,
        content: {
          "application/json": {
            schema: components.add(`${name}Request`, route.body, "input"),
            examples: Object.fromEntries(route.examples.map(namedExample)),
          },
        },
      },
    },
    responses: {
      [route.status]: accepted(components.add(`${name}Response`, route.response, "output")),
      400: { $ref: "#/components/responses/BadRequest" },
      401: { $ref: "#/components/responses/Unauthorized" },
      413: { $ref: "#/components/responses/TooLarge" },
      415: { $ref: "#/components/responses/UnsupportedContentType" },
      503: { $ref: "#/components/responses/QueueUnavailable" },
    },
  };
}

/** An example under a name that needs no escape, as the document requires. */
function namedExample({ summary, body }: ApiExample, index: number) {
  return [`example-${index + 1}`, { summary, value: body }] as const;
}

function accepted(schema: { $ref: string }) {
  return {
    description: "Accepted: the request is durable in the queue.",
    headers: { "X-Request-Id": { $ref: "#/components/headers/RequestId" } },
    content: { "application/json": { schema } },
  };
}

/** The name of a route in the document, e.g. `WhatsappSend`. */
function operationId(path: string): string {
  const words = path
    .replace(/^\/api\/(?:integrations\/)?/, "")
    .replaceAll(/:\w+/g, "")
    .split(/[^A-Za-z0-9]+/);
  return words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
}
