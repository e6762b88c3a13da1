import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { DashboardEnv } from "./app.ts";

/**
 * Headers for pages that are for operators alone: not framed, not embedded, not cached, loading nothing from
 * elsewhere. The pages are styled inline, and their icons
 * are data URLs; Bull Board's scripts are all files.
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
    // `no-referrer` would also make the browser send `Origin: null` with our own forms.
    referrerPolicy: "same-origin",
    // Whether this host is only ever reached by TLS is for the proxy in front to know.
    strictTransportSecurity: false,
  });
  return [headers, noStore];
}

/** Everything but the page's own files, whose names change with their content. */
const noStore: MiddlewareHandler<DashboardEnv> = async (c, next) => {
  await next();
  if (!c.req.path.startsWith("/static/")) c.header("Cache-Control", "no-store");
};
