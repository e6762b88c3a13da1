import type { Context } from "hono";
import type { RawRequest } from "@millrace/core";
import type { IngestEnv } from "../deps.ts";

/** The request in the form that integrations read. */
export function rawRequest(c: Context<IngestEnv>, publicUrl: string | undefined, body: Uint8Array): RawRequest {
  const { url: target = "", headers } = c.env.incoming;
  // A proxy may send the whole URL as the request target.
  const pathAndQuery = target.replace(/^https?:\/\/[^/?#]*/i, "");
  return {
    method: c.req.method,
    url: `${publicUrl ?? `http://${headers.host}`}${pathAndQuery}`,
    headers: headers as Record<string, string | undefined>,
    query: new URL(c.req.url).searchParams,
    params: c.req.param(),
    body,
  };
}
