import { OpenAPIHono, type RouteConfig, type z } from "@hono/zod-openapi";
import type { ApiRoute } from "@millrace/core";
import manifest from "../../package.json" with { type: "json" };
import { idempotencyKey, requestIdHeader, responseComponents, securitySchemes } from "./components.ts";

/** The OpenAPI 3.1 document of the API, generated from the schemas that validate its requests. */
export function openApiDocument(apis: ReadonlyMap<string, readonly ApiRoute[]>): object {
  const { openAPIRegistry: registry, getOpenAPI31Document } = new OpenAPIHono();
  registry.registerComponent("headers", "RequestId", requestIdHeader);
  registry.registerComponent("parameters", "IdempotencyKey", idempotencyKey);
  for (const [name, scheme] of Object.entries(securitySchemes))
    registry.registerComponent("securitySchemes", name, scheme);
  for (const [name, response] of Object.entries(responseComponents))
    registry.registerComponent("responses", name, response);
  for (const [integration, routes] of apis)
    for (const route of routes) registry.registerPath(pathConfig(integration, route));
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

function pathConfig(integration: string, route: ApiRoute): RouteConfig {
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
        content: { "application/json": { schema: route.body.meta({ id: `${name}Request` }) } },
      },
    },
    responses: {
      [route.status]: accepted(route.response.meta({ id: `${name}Response` })),
      400: { $ref: "#/components/responses/BadRequest" },
      401: { $ref: "#/components/responses/Unauthorized" },
      413: { $ref: "#/components/responses/TooLarge" },
      415: { $ref: "#/components/responses/UnsupportedContentType" },
      503: { $ref: "#/components/responses/QueueUnavailable" },
    },
  };
}

function accepted(schema: z.ZodType) {
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
