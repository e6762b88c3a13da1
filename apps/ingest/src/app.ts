import { Hono } from "hono";
import { requestId } from "hono/request-id";
import type { IngestDeps, IngestEnv } from "./deps.ts";
import { problem } from "./http/problem.ts";
import { apiRoutes } from "./routes/api.ts";
import { docsRoutes } from "./routes/docs.ts";
import { healthRoutes } from "./routes/health.ts";
import { webhookRoutes } from "./routes/webhooks.ts";

export { acceptApiRequest } from "./accept/api-request.ts";
export { acceptWebhook } from "./accept/webhook.ts";
export type { IngestDeps } from "./deps.ts";

/** Longest `X-Request-Id` that is used as the correlation id, in characters. */
const MAX_REQUEST_ID_LENGTH = 128;

/** Builds the app. It opens no connection and does not listen. */
export function createIngestApp(deps: IngestDeps): Hono<IngestEnv> {
  const app = new Hono<IngestEnv>();
  app.use(requestId({ limitLength: MAX_REQUEST_ID_LENGTH, generator: () => deps.newId() }));
  app.route("/", healthRoutes(deps));
  app.route("/", webhookRoutes(deps));
  app.route("/", apiRoutes(deps));
  app.route("/", docsRoutes(deps));
  app.notFound((c) => problem(c, 404, "Not found"));
  app.onError((error, c) => {
    deps.log.error({ err: error, correlationId: c.get("requestId") }, "request.failed");
    return problem(c, 500, "Internal error");
  });
  return app;
}
