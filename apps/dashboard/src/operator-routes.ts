import type { AppControllerRoute, ControllerHandlerReturnType } from "@bull-board/api/typings/app";
import { HonoAdapter } from "@bull-board/hono";
import type { Handler, MiddlewareHandler } from "hono";
import { describeError, type Logger } from "@millrace/core";
import type { JobQueue } from "@millrace/queue";
import { problem } from "./problem.ts";

const RETRY_ALL = "/api/queues/:queueName/retry/:queueStatus";
const RETRY = "/api/queues/:queueName/:jobId/retry";

/**
 * The changes that are offered: those after which every job is still there. Bull Board has more: remove, clean, empty
 * and obliterate make jobs vanish without a trace; add, duplicate and update-data would queue what nobody signed, and
 * write back what was shown redacted; a global concurrency or rate limit would stop a queue for no visible reason.
 */
const OFFERED: readonly string[] = [
  "/api/queues/pause",
  "/api/queues/resume",
  "/api/queues/:queueName/pause",
  "/api/queues/:queueName/resume",
  "/api/queues/:queueName/promote",
  "/api/queues/:queueName/:jobId/promote",
  RETRY_ALL,
  RETRY,
];

/** Bull Board's routes on Hono, less the changes that are not {@link OFFERED}: those are answered with 403. */
export class OperatorRoutes extends HonoAdapter {
  readonly #queues: ReadonlyMap<string, JobQueue>;
  readonly #log: Logger;

  constructor(serveStatic: ConstructorParameters<typeof HonoAdapter>[0], queues: readonly JobQueue[], log: Logger) {
    super(serveStatic);
    this.#queues = new Map(queues.map((queue) => [queue.name, queue]));
    this.#log = log;
  }

  /** Registers the routes in Bull Board's order, so that a path still means what it means to Bull Board. */
  override setApiRoutes(routes: readonly AppControllerRoute[]): this {
    this.apiRoutes.put(RETRY_ALL, onlyFailed);
    this.apiRoutes.put(RETRY, this.#notCompleted);
    for (const route of routes) {
      if (route.method === "get" || [route.route].flat().every((path) => OFFERED.includes(path)))
        super.setApiRoutes([route]);
      else
        this.apiRoutes.on(
          [route.method].flat().map((method) => method.toUpperCase()),
          [route.route].flat(),
          refuse,
        );
    }
    return this;
  }

  /** Bull Board would tell the message of whatever was thrown, which may hold data. */
  override setErrorHandler(): this {
    return super.setErrorHandler((error): ControllerHandlerReturnType => {
      this.#log.error({ err: error }, "board.failed");
      return { status: 500, body: { error: { key: "ERRORS.INTERNAL_SERVER_ERROR" }, message: describeError(error) } };
    });
  }

  /** `allowCompletedRetries` only hides the button: Bull Board's handler would retry a completed job all the same. */
  readonly #notCompleted: MiddlewareHandler<object, typeof RETRY> = async (c, next) => {
    const state = await this.#queues.get(c.req.param("queueName"))?.getJobState(c.req.param("jobId"));
    if (state === "completed") return problem(c, 403, "Refused: a completed job is not run again");
    await next();
  };
}

const onlyFailed: MiddlewareHandler<object, typeof RETRY_ALL> = async (c, next) => {
  if (c.req.param("queueStatus") !== "failed") return problem(c, 403, "Refused: only failed jobs are run again");
  await next();
};

const refuse: Handler = (c) =>
  problem(c, 403, "Refused: the board looks, retries, promotes and pauses; it neither removes nor changes jobs");
