import type { Environment, Sample } from "@millrace/core";

/** A request to one of the send routes, with the first of API_KEYS. */
export function sendSample(environment: Environment, path: string, body: Record<string, unknown>): Sample {
  const [key = ""] = (environment["API_KEYS"] ?? "").split(",");
  return {
    path,
    headers: { "content-type": "application/json", authorization: `Bearer ${key.trim()}` },
    body: JSON.stringify(body),
  };
}
