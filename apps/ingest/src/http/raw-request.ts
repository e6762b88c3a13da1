import type { Context } from "hono";
import type { RawRequest } from "@millrace/core";
import type { IngestEnv } from "../deps.ts";

/** The request in the form that integrations read. */
export function rawRequest(c: Context<IngestEnv>, body: Uint8Array): RawRequest {
  const headers = c.env.incoming.headers as Record<string, string | undefined>;
  return { method: c.req.method, headers, query: new URL(c.req.url).searchParams, params: c.req.param(), body };
}
