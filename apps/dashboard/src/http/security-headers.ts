import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { DashboardEnv } from "./hono-env.ts";

/**
 * Headers that keep the pages to the operators: no frame, no embedding, no cache, no resource of another host. The
 * styles are inline and the icons are data URLs, so both are allowed. Every script of Bull Board is a file.
 */
export function securityHeaders(): [MiddlewareHandler<DashboardEnv>, MiddlewareHandler<DashboardEnv>] {
  const headers = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      workerSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      baseUri: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: "DENY",
    // With `no-referrer` the browser would send `Origin: null` with the dashboard's own forms.
    referrerPolicy: "same-origin",
    // Only the proxy in front knows whether clients reach this host by TLS alone.
    strictTransportSecurity: false,
  });
  return [headers, noStore];
}

/** Forbids caching, except for the files of the page: their names change with their content. */
const noStore: MiddlewareHandler<DashboardEnv> = async (c, next) => {
  await next();
  if (!c.req.path.startsWith("/static/")) c.header("Cache-Control", "no-store");
};
