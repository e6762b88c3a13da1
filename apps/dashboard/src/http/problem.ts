import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/**
 * Responds with problem details (RFC 9457). `error` repeats the title, because Bull Board's page shows that field to
 * the operator.
 */
export function problem(
  c: Context,
  status: ContentfulStatusCode,
  title: string,
  headers: Record<string, string> = {},
): Response {
  const body = { type: "about:blank", title, status, error: title };
  return c.body(JSON.stringify(body), status, { "content-type": "application/problem+json", ...headers });
}
