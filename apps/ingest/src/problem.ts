import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { IngestEnv } from "./app.ts";

/** Answers with problem details (RFC 9457) that name the request by its correlation id and nothing of its content. */
export function problem(
  c: Context<IngestEnv>,
  status: ContentfulStatusCode,
  title: string,
  headers: Record<string, string> = {},
): Response {
  const body = { type: "about:blank", title, status, correlationId: c.get("correlationId") };
  return c.body(JSON.stringify(body), status, { "content-type": "application/problem+json", ...headers });
}
