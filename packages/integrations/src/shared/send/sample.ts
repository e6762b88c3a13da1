import type { Environment, Sample } from "@millrace/core";

/** A sample request to a send route, with the first key of API_KEYS. */
export function sendSample(environment: Environment, path: string, body: Record<string, unknown>): Sample {
  const [key = ""] = (environment["API_KEYS"] ?? "").split(",");
  return {
    path,
    headers: { "content-type": "application/json", authorization: `Bearer ${key.trim()}` },
    body: JSON.stringify(body),
  };
}
