import type { MiddlewareHandler } from "hono";
import type { NewId } from "@millrace/core";
import type { IngestEnv } from "./app.ts";

/**
 * Gives every request a correlation id: the caller's `X-Request-Id` when it is a plain token, else a new one. It goes
 * into the answer, the log, the job and the rows.
 */
export function correlation(newId: NewId): MiddlewareHandler<IngestEnv> {
  return async (c, next) => {
    const given = c.env.incoming.headers["x-request-id"];
    const id = typeof given === "string" && /^[\w.-]{1,128}$/.test(given) ? given : newId();
    c.set("correlationId", id);
    c.header("X-Request-Id", id);
    await next();
  };
}
