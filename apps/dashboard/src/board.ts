import { createBullBoard } from "@bull-board/api";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import type { Logger } from "@millrace/core";
import type { JobQueue } from "@millrace/queue";
import type { DashboardEnv } from "./app.ts";
import { OperatorRoutes } from "./operator-routes.ts";
import { ownPage } from "./page.ts";
import { ICON } from "./pages/icon.ts";
import { QueueAdapter } from "./queue-adapter.ts";
import { redact } from "./redact.ts";

/**
 * Bull Board over the queues. Whatever its API answers passes {@link redact} as a whole: job data and results, but
 * also options, logs, failure reasons and stack traces, which Bull Board's own formatters leave as they are.
 */
export function boardRoutes(queues: readonly JobQueue[], log: Logger): Hono<DashboardEnv> {
  const serverAdapter = new OperatorRoutes(serveStatic, queues, log);
  createBullBoard({
    queues: queues.map((queue) => new QueueAdapter(queue)),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: "Millrace",
        boardLogo: { path: ICON },
        favIcon: { default: ICON, alternative: ICON },
        hideDocsLink: true,
        miscLinks: [
          { text: "Audit", url: "/audit" },
          { text: "Sign out", url: "/sign-out" },
        ],
      },
      handlerHooks: { after: (_context, result) => ({ ...result, body: redact(result.body) as typeof result.body }) },
    },
  });
  return new Hono<DashboardEnv>().use(ownPage).route("/", serverAdapter.registerPlugin());
}
