import { createBullBoard } from "@bull-board/api";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import type { Logger } from "@millrace/core";
import type { DeadLetterList } from "@millrace/db";
import type { JobQueue } from "@millrace/queue";
import { DeadLetterAdapter } from "../dead-letters/adapter.ts";
import type { DeadLetterActions } from "../dead-letters/dead-letter-job.ts";
import type { DashboardEnv } from "../http/hono-env.ts";
import { ICON } from "../pages/icon.ts";
import { LINKS } from "../pages/links.ts";
import { redact } from "../redact.ts";
import { customizePage } from "./customize-page.ts";
import { OperatorRoutes } from "./operator-routes.ts";
import { QueueAdapter } from "./queue-adapter.ts";

/** Dependencies of {@link boardRoutes}. */
export type BoardDeps = {
  queues: readonly JobQueue[];
  deadLetters: DeadLetterList;
  actions: DeadLetterActions;
  log: Logger;
};

/**
 * Bull Board over the dead letters and the queues. {@link redact} processes every response of its API as a whole: Bull
 * Board's own formatters cover job data and results, but not options, logs, failure reasons and stack traces.
 */
export function boardRoutes({ queues, deadLetters, actions, log }: BoardDeps): Hono<DashboardEnv> {
  const serverAdapter = new OperatorRoutes(serveStatic, { ...actions, deadLetters }, log);
  createBullBoard({
    queues: [new DeadLetterAdapter(deadLetters, actions), ...queues.map((queue) => new QueueAdapter(queue))],
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: "Millrace",
        boardLogo: { path: ICON },
        favIcon: { default: ICON, alternative: ICON },
        hideDocsLink: true,
        miscLinks: [...LINKS, ["/sign-out", "Sign out"] as const].map(([url, text]) => ({ text, url })),
      },
      handlerHooks: { after: (_context, result) => ({ ...result, body: redact(result.body) as typeof result.body }) },
    },
  });
  return new Hono<DashboardEnv>().use(customizePage).route("/", serverAdapter.registerPlugin());
}
