import type { FetchPorts, HttpResponse } from "@millrace/core";

/** Reads an object of the Graph API. Rejects with a ProviderError if there is no response. */
export function getGraph(
  url: string,
  token: string,
  { http, signal }: Pick<FetchPorts, "http" | "signal">,
): Promise<HttpResponse> {
  return http({ method: "GET", url, headers: { authorization: `Bearer ${token}` } }, signal);
}
