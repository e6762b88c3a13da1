import { Hono } from "hono";
import type { HttpBindings } from "@hono/node-server";
import type { ApiRoute, Logger, NewId, Now, QueueRole, Webhook } from "@millrace/core";
import type { Producer } from "@millrace/queue";
import { correlation } from "./correlation.ts";
import { problem } from "./problem.ts";
import { apiRoutes } from "./routes/api.ts";
import { docsRoutes } from "./routes/docs.ts";
import { healthRoutes } from "./routes/health.ts";
import { webhookRoutes } from "./routes/webhooks.ts";

/** What the app is made of. */
export type IngestParts = {
  /** By integration id; undefined where it is switched off. */
  webhooks: ReadonlyMap<string, Webhook | undefined>;
  /** By integration id; empty where it is switched off or has none. */
  apis: ReadonlyMap<string, readonly ApiRoute[]>;
  /** Keys by which callers of our own API prove themselves. */
  apiKeys: readonly string[];
  /** The way into a queue; asked once for each route, when the app is built. */
  producerOf(integration: string, role: QueueRole): Producer;
  /** Rejects while the queue takes nothing. */
  pingQueue(): Promise<void>;
  log: Logger;
  now: Now;
  newId: NewId;
};

/** Bindings of the app's handlers. */
export type IngestEnv = { Bindings: HttpBindings; Variables: { correlationId: string } };

/** Builds the app; opens nothing and listens to nothing. */
export function createIngestApp(parts: IngestParts): Hono<IngestEnv> {
  const app = new Hono<IngestEnv>();
  app.use(correlation(parts.newId));
  app.route("/", healthRoutes(parts));
  app.route("/", webhookRoutes(parts));
  app.route("/", apiRoutes(parts));
  app.route("/", docsRoutes(parts));
  app.notFound((c) => problem(c, 404, "Not found"));
  app.onError((error, c) => {
    parts.log.error({ err: error, correlationId: c.get("correlationId") }, "request.failed");
    return problem(c, 500, "Internal error");
  });
  return app;
}
