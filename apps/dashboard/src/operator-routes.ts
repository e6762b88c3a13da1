import type { AppControllerRoute, ControllerHandlerReturnType } from "@bull-board/api/typings/app";
import { HonoAdapter } from "@bull-board/hono";
import type { Context, Handler, MiddlewareHandler } from "hono";
import { describeError, type Logger } from "@millrace/core";
import { DEAD_LETTERS } from "./dead-letters/adapter.ts";
import { Refusal } from "./dead-letters/refusal.ts";
import { replayAll, replayOne, type RetryParts } from "./dead-letters/retry.ts";
import { problem } from "./problem.ts";

const RETRY_ALL = "/api/queues/:queueName/retry/:queueStatus";
const RETRY = "/api/queues/:queueName/:jobId/retry";

/** Changes of the dead letters, where nothing vanishes by them: removing one discards it. */
const OF_DEAD_LETTERS: readonly string[] = [
  "/api/queues/:queueName/clean/:queueStatus",
  "/api/queues/:queueName/:jobId/clean",
  "/api/queues/:queueName/:jobId/update-data",
];

/** Changes of a queue that the dead letters do not have. */
const OF_QUEUES: readonly string[] = [
  "/api/queues/:queueName/pause",
  "/api/queues/:queueName/resume",
  "/api/queues/:queueName/promote",
  "/api/queues/:queueName/:jobId/promote",
];

/**
 * The changes that are offered: those after which every job is still there. Bull Board has more: remove, clean, empty
 * and obliterate make jobs vanish without a trace; add, duplicate and update-data would queue what nobody signed, and
 * write back what was shown redacted; a global concurrency or rate limit would stop a queue for no visible reason.
 */
const OFFERED: readonly string[] = [
  "/api/queues/pause",
  "/api/queues/resume",
  RETRY_ALL,
  RETRY,
  ...OF_QUEUES,
  ...OF_DEAD_LETTERS,
];

/** Bull Board's routes on Hono, less the changes that are not {@link OFFERED}: those are answered with 403. */
export class OperatorRoutes extends HonoAdapter {
  readonly #retries: RetryParts;
  readonly #log: Logger;

  constructor(serveStatic: ConstructorParameters<typeof HonoAdapter>[0], retries: RetryParts, log: Logger) {
    super(serveStatic);
    this.#retries = retries;
    this.#log = log;
  }

  /** Registers the routes in Bull Board's order, so that a path still means what it means to Bull Board. */
  override setApiRoutes(routes: readonly AppControllerRoute[]): this {
    this.apiRoutes.put(RETRY_ALL, replayAll(this.#retries));
    this.apiRoutes.put(RETRY, replayOne(this.#retries));
    for (const path of OF_DEAD_LETTERS) this.apiRoutes.on(["PUT", "PATCH"], path, ifDeadLetters(true));
    for (const path of OF_QUEUES) this.apiRoutes.put(path, ifDeadLetters(false));
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
      if (error instanceof Refusal) return { status: 400, body: { error: `Refused: ${error.message}` } };
      this.#log.error({ err: error }, "board.failed");
      return { status: 500, body: { error: { key: "ERRORS.INTERNAL_SERVER_ERROR" }, message: describeError(error) } };
    });
  }
}

/** Lets a change of the dead letters through, or one of any other queue. */
function ifDeadLetters(wanted: boolean): MiddlewareHandler {
  return async (c, next) => {
    const isDeadLetters = c.req.param("queueName") === DEAD_LETTERS;
    if (isDeadLetters !== wanted) return refuse(c, next);
    await next();
  };
}

const refuse: Handler = (c: Context) =>
  problem(
    c,
    403,
    "Refused: the board looks, replays, discards, promotes and pauses; it neither removes nor changes jobs",
  );
