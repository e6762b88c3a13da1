import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { contextStorage, getContext } from "hono/context-storage";
import { timeout } from "hono/timeout";
import type { Logger, NewId, Now } from "@millrace/core";
import { createDeadLetterList, createReplays, type Database } from "@millrace/db";
import type { JobQueue, QueueDefinition } from "@millrace/queue";
import { audit } from "./audit.ts";
import { boardRoutes } from "./board.ts";
import { deadLetterApi } from "./dead-letters/api.ts";
import { healthRoutes } from "./health.ts";
import { problem } from "./problem.ts";
import { sameOrigin } from "./same-origin.ts";
import { securityHeaders } from "./security-headers.ts";
import { signIn } from "./sign-in.ts";

/** What the app is made of. */
export type DashboardParts = {
  queues: readonly JobQueue[];
  definitions: readonly QueueDefinition[];
  database: Database;
  newId: NewId;
  operator: { user: string; password: string };
  /** Rejects while the queue's store is away. */
  pingQueue(): Promise<void>;
  log: Logger;
  now: Now;
};

/** Bindings of the app's handlers. */
export type DashboardEnv = { Bindings: HttpBindings; Variables: { operator: string } };

/** How long a request waits for the queue's store, in ms: while Redis is away its client would wait for ever. */
const STORE_DEADLINE_MS = 10_000;

/** Builds the app; listens to nothing. */
export function createDashboardApp(parts: DashboardParts): Hono<DashboardEnv> {
  const { operator, log, now } = parts;
  const app = new Hono<DashboardEnv>();
  app.use(timeout(STORE_DEADLINE_MS));
  app.use(...securityHeaders());
  app.route("/", healthRoutes(parts.pingQueue));
  app.use(signIn(operator, log, now));
  app.use(audit(log));
  app.use(sameOrigin());
  // Bull Board tells its adapters nothing of the request.
  app.use(contextStorage());
  const letters = createDeadLetterList(parts.database);
  const replays = createReplays(parts.database, parts.newId, now);
  app.route("/", deadLetterApi({ letters, replays }));
  app.route(
    "/",
    boardRoutes({
      queues: parts.queues,
      definitions: parts.definitions,
      letters,
      replays,
      actor: () => getContext<DashboardEnv>().get("operator"),
      log,
    }),
  );
  app.notFound((c) => problem(c, 404, "Not found"));
  app.onError((error, c) => {
    if (error instanceof HTTPException && error.status === 504)
      return problem(c, 504, "The queue did not answer in time");
    log.error({ err: error }, "request.failed");
    return problem(c, 500, "Internal error");
  });
  return app;
}
