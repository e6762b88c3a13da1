import { createBullBoard } from "@bull-board/api";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import type { Logger } from "@millrace/core";
import type { JobQueue } from "@millrace/queue";
import type { DashboardEnv } from "./app.ts";
import { DeadLetterAdapter } from "./dead-letters/adapter.ts";
import type { LetterActions } from "./dead-letters/dead-letter-job.ts";
import type { RetryParts } from "./dead-letters/retry.ts";
import { OperatorRoutes } from "./operator-routes.ts";
import { ownPage } from "./page.ts";
import { ICON } from "./pages/icon.ts";
import { QueueAdapter } from "./queue-adapter.ts";
import { redact } from "./redact.ts";

/** What the board is made of. */
export type BoardParts = LetterActions & RetryParts & { queues: readonly JobQueue[]; log: Logger };

/**
 * Bull Board over the dead letters and the queues. Whatever its API answers passes {@link redact} as a whole: job data
 * and results, but also options, logs, failure reasons and stack traces, which Bull Board's own formatters leave as
 * they are.
 */
export function boardRoutes({ queues, log, ...parts }: BoardParts): Hono<DashboardEnv> {
  const serverAdapter = new OperatorRoutes(serveStatic, parts, log);
  createBullBoard({
    queues: [new DeadLetterAdapter(parts.letters, parts), ...queues.map((queue) => new QueueAdapter(queue))],
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: "Millrace",
        boardLogo: { path: ICON },
        favIcon: { default: ICON, alternative: ICON },
        hideDocsLink: true,
        miscLinks: [
          { text: "Replays", url: "/replays" },
          { text: "Conversions", url: "/conversions" },
          { text: "Sources", url: "/sources" },
          { text: "Audit", url: "/audit" },
          { text: "Sign out", url: "/sign-out" },
        ],
      },
      handlerHooks: { after: (_context, result) => ({ ...result, body: redact(result.body) as typeof result.body }) },
    },
  });
  return new Hono<DashboardEnv>().use(ownPage).route("/", serverAdapter.registerPlugin());
}
