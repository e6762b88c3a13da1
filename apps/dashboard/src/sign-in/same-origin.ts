import type { Context, MiddlewareHandler } from "hono";
import type { DashboardEnv } from "../app.ts";
import { problem } from "../problem.ts";

/** Methods that change nothing (RFC 9110 section 9.2.1) and that the board answers. */
const SAFE_METHODS: readonly string[] = ["GET", "HEAD"];

/** Whether the request may change something. */
export function isChanging(method: string): boolean {
  return !SAFE_METHODS.includes(method);
}

/**
 * Refuses changing requests that another site's page made the browser send: what proves the operator goes with those
 * too. Every browser says where such a request comes from, in `Sec-Fetch-Site` or at least in `Origin`, so a request
 * without either is refused as well. Only with a password it may be without: it is then a script's, as in
 * https://pkg.go.dev/net/http#CrossOriginProtection.
 */
export const sameOrigin: MiddlewareHandler<DashboardEnv> = async (c, next) => {
  if (isChanging(c.req.method) && !comesFromUs(c))
    return problem(c, 403, "Refused: the request does not come from a page of ours");
  await next();
};

function comesFromUs(c: Context<DashboardEnv>): boolean {
  const site = c.req.header("Sec-Fetch-Site");
  if (site !== undefined) return site === "same-origin";
  const origin = c.req.header("Origin");
  if (origin === undefined) return c.get("provenBy") === "password";
  // The scheme is left out: behind a proxy that ends TLS, only the browser knows it.
  return URL.canParse(origin) && new URL(origin).host === c.req.header("Host");
}
