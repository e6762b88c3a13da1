import type { Context, MiddlewareHandler } from "hono";
import { isChanging } from "../http/changing-methods.ts";
import type { DashboardEnv } from "../http/hono-env.ts";
import { problem } from "../http/problem.ts";

/**
 * Rejects changing requests that a page of another site triggers (cross-site request forgery): the browser adds the
 * operator's session or proxy headers to those as well. Browsers send `Sec-Fetch-Site`, older ones at least `Origin`. A
 * request with neither comes from a script, and needs a password. The rules are those of
 * https://pkg.go.dev/net/http#CrossOriginProtection.
 *
 * `hono/csrf` does not fit: it checks form content types only, and accepts either header where `Sec-Fetch-Site` must win.
 */
export const sameOrigin: MiddlewareHandler<DashboardEnv> = async (c, next) => {
  if (isChanging(c.req.method) && !isSameOrigin(c))
    return problem(c, 403, "The request does not come from a page of the dashboard");
  await next();
};

function isSameOrigin(c: Context<DashboardEnv>): boolean {
  const site = c.req.header("Sec-Fetch-Site");
  if (site !== undefined) return site === "same-origin";
  const origin = c.req.header("Origin");
  if (origin === undefined) return c.get("authenticatedBy") === "password";
  // The comparison omits the scheme: behind a proxy that terminates TLS, only the browser knows it.
  return URL.canParse(origin) && new URL(origin).host === c.req.header("Host");
}
