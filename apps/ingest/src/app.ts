import { Hono } from "hono";
import type { HttpBindings } from "@hono/node-server";
import type { Logger, NewId, Now, Webhook } from "@millrace/core";
import type { Producer } from "@millrace/queue";
import { correlation } from "./correlation.ts";
import { problem } from "./problem.ts";
import { healthRoutes } from "./routes/health.ts";
import { webhookRoutes } from "./routes/webhooks.ts";

/** What the app is made of. */
export type IngestParts = {
  /** By integration id; undefined where it is switched off. */
  webhooks: ReadonlyMap<string, Webhook | undefined>;
  producerOf(source: string): Producer;
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
  app.notFound((c) => problem(c, 404, "Not found"));
  app.onError((error, c) => {
    parts.log.error({ err: error, correlationId: c.get("correlationId") }, "request.failed");
    return problem(c, 500, "Internal error");
  });
  return app;
}
