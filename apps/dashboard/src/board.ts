import { createBullBoard } from "@bull-board/api";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import type { Logger } from "@millrace/core";
import type { JobQueue } from "@millrace/queue";
import { DeadLetterAdapter } from "./dead-letters/adapter.ts";
import type { LetterActions } from "./dead-letters/letter-job.ts";
import type { RetryParts } from "./dead-letters/retry.ts";
import { OperatorRoutes } from "./operator-routes.ts";
import { ownPage } from "./page.ts";
import { QueueAdapter } from "./queue-adapter.ts";
import { redact } from "./redact.ts";

/** A mill wheel. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#2b7a9b" stroke-width="3"><circle cx="16" cy="16" r="10"/><path d="M16 1v30M1 16h30M5.4 5.4l21.2 21.2M26.6 5.4L5.4 26.6"/></svg>`,
)}`;

/** What the board is made of. */
export type BoardParts = LetterActions & RetryParts & { queues: readonly JobQueue[]; log: Logger };

/**
 * Bull Board over the dead letters and the queues. Whatever its API answers passes {@link redact} as a whole: job data and results, but
 * also options, logs, failure reasons and stack traces, which Bull Board's own formatters leave as they are.
 */
export function boardRoutes({ queues, log, ...parts }: BoardParts): Hono {
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
      },
      handlerHooks: { after: (_context, result) => ({ ...result, body: redact(result.body) as typeof result.body }) },
    },
  });
  return new Hono().use(ownPage).route("/", serverAdapter.registerPlugin());
}
