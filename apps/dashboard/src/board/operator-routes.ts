import type { AppControllerRoute, ControllerHandlerReturnType } from "@bull-board/api/typings/app";
import { HonoAdapter } from "@bull-board/hono";
import type { Handler, MiddlewareHandler } from "hono";
import { describeError, type Logger } from "@millrace/core";
import { DEAD_LETTERS } from "../dead-letters/adapter.ts";
import { type BoardRetryDeps, retryAll, retryOne } from "../dead-letters/board-retry.ts";
import { ChangeRejectedError } from "../dead-letters/change-rejected-error.ts";
import { problem } from "../http/problem.ts";

const RETRY_ALL = "/api/queues/:queueName/retry/:queueStatus";
const RETRY_ONE = "/api/queues/:queueName/:jobId/retry";

/** Changes that only dead letters offer. They delete no row: removing a dead letter discards it. */
const DEAD_LETTER_CHANGES: readonly string[] = [
  "/api/queues/:queueName/clean/:queueStatus",
  "/api/queues/:queueName/:jobId/clean",
  "/api/queues/:queueName/:jobId/update-data",
];

/** Changes that only queues offer. */
const QUEUE_CHANGES: readonly string[] = [
  "/api/queues/:queueName/pause",
  "/api/queues/:queueName/resume",
  "/api/queues/:queueName/promote",
  "/api/queues/:queueName/:jobId/promote",
];

/**
 * The changes that the dashboard offers: those that keep every job. It rejects Bull Board's other changes. Remove,
 * clean, empty and obliterate delete jobs without a trace. Add, duplicate and update-data enqueue data that no platform
 * signed, and would store the redacted data. A global concurrency or rate limit stops a queue without a visible reason.
 */
const OFFERED: readonly string[] = [
  "/api/queues/pause",
  "/api/queues/resume",
  RETRY_ALL,
  RETRY_ONE,
  ...QUEUE_CHANGES,
  ...DEAD_LETTER_CHANGES,
];

/** Bull Board's routes on Hono. A change that is not {@link OFFERED} is answered with 403. */
export class OperatorRoutes extends HonoAdapter {
  readonly #retryDeps: BoardRetryDeps;
  readonly #log: Logger;

  constructor(serveStatic: ConstructorParameters<typeof HonoAdapter>[0], retryDeps: BoardRetryDeps, log: Logger) {
    super(serveStatic);
    this.#retryDeps = retryDeps;
    this.#log = log;
  }

  /** Registers the routes in Bull Board's order, so that a path matches the same route as in Bull Board. */
  override setApiRoutes(routes: readonly AppControllerRoute[]): this {
    this.apiRoutes.put(RETRY_ALL, retryAll(this.#retryDeps));
    this.apiRoutes.put(RETRY_ONE, retryOne(this.#retryDeps));
    for (const path of DEAD_LETTER_CHANGES) this.apiRoutes.on(["PUT", "PATCH"], path, forDeadLettersOnly);
    for (const path of QUEUE_CHANGES) this.apiRoutes.put(path, forQueuesOnly);
    for (const route of routes) {
      if (route.method === "get" || [route.route].flat().every((path) => OFFERED.includes(path)))
        super.setApiRoutes([route]);
      else
        this.apiRoutes.on(
          [route.method].flat().map((method) => method.toUpperCase()),
          [route.route].flat(),
          reject,
        );
    }
    return this;
  }

  /** Bull Board responds with the message of any error. Only a {@link ChangeRejectedError} is safe to show. */
  override setErrorHandler(): this {
    return super.setErrorHandler((error): ControllerHandlerReturnType => {
      if (error instanceof ChangeRejectedError) return { status: 400, body: { error: error.message } };
      this.#log.error({ err: error }, "board.failed");
      return { status: 500, body: { error: { key: "ERRORS.INTERNAL_SERVER_ERROR" }, message: describeError(error) } };
    });
  }
}

const reject: Handler = (c) => problem(c, 403, "The dashboard does not offer this change, because it could lose jobs");

const forDeadLettersOnly: MiddlewareHandler = async (c, next) => {
  if (c.req.param("queueName") !== DEAD_LETTERS) return reject(c, next);
  await next();
};

const forQueuesOnly: MiddlewareHandler = async (c, next) => {
  if (c.req.param("queueName") === DEAD_LETTERS) return reject(c, next);
  await next();
};
