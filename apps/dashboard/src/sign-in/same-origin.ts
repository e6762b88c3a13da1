import type { MiddlewareHandler } from "hono";
import type { DashboardEnv } from "./app.ts";
import { problem } from "./problem.ts";

/** Methods that change nothing (RFC 9110 section 9.2.1) and that the board answers. */
const SAFE_METHODS: readonly string[] = ["GET", "HEAD"];

/** Whether the request may change something. */
export function isChanging(method: string): boolean {
  return !SAFE_METHODS.includes(method);
}

/**
 * Refuses changing requests that another site's page made the browser send: the browser adds the operator's
 * credentials to those too. Every browser says where such a request comes from, in `Sec-Fetch-Site` or at least in
 * `Origin`; a caller that sends neither is no browser and was given the password by whoever runs it. As in
 * https://pkg.go.dev/net/http#CrossOriginProtection.
 */
export function sameOrigin(): MiddlewareHandler<DashboardEnv> {
  return async (c, next) => {
    if (
      isChanging(c.req.method) &&
      !comesFromUs(c.req.header("Sec-Fetch-Site"), c.req.header("Origin"), c.req.header("Host"))
    )
      return problem(c, 403, "Refused: the request comes from another site");
    await next();
  };
}

function comesFromUs(site: string | undefined, origin: string | undefined, host: string | undefined): boolean {
  if (site !== undefined) return site === "same-origin";
  // The scheme is left out: behind a proxy that ends TLS, only the browser knows it.
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
