import { parseJsonBody } from "./json.ts";
import { ProviderError, retryable } from "./provider-error.ts";

/** A call to a provider's API. */
export type HttpRequest = {
  method: "GET" | "POST";
  url: string;
  headers?: Record<string, string>;
  body?: string;
};

/** Its answer; `json` is as {@link parseJsonBody} reads it, undefined when the body is not JSON. Header names are in lower case. */
export type HttpResponse = { status: number; headers: Record<string, string>; json: unknown };

/** The port by which adapters reach the network. Rejects with a retryable {@link ProviderError}, never with another. */
export type Http = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/**
 * {@link Http} over fetch. Never follows a redirect (a token must not travel to another host) and never puts the URL
 * in an error (it may hold a token).
 */
export const fetchHttp: Http = async (request, signal) => {
  try {
    const response = await fetch(request.url, {
      method: request.method,
      redirect: "manual",
      signal,
      ...(request.headers ? { headers: request.headers } : {}),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const parsed = parseJsonBody(new Uint8Array(await response.arrayBuffer()));
    const json = parsed.ok ? parsed.value : undefined;
    return { status: response.status, headers: Object.fromEntries(response.headers), json };
  } catch (cause) {
    signal.throwIfAborted();
    throw retryable(`network failure: ${networkCode(cause)}`, { code: networkCode(cause) });
  }
};

/**
 * The classification shared by all providers, from the HTTP status and `Retry-After` alone; an integration refines it
 * with the provider's own codes first. Returns undefined for a 2xx.
 */
export function classifyHttp(response: HttpResponse, scope: string, now: Date): ProviderError | undefined {
  const { status } = response;
  if (status >= 200 && status < 300) return undefined;
  const code = `http_${status}`;
  const message = `HTTP ${status}`;
  const wait = retryAfter(response.headers["retry-after"], now);
  if (status === 429) {
    return new ProviderError(
      message,
      { kind: "rate_limited", scope, until: wait ?? new Date(now.getTime() + 60_000) },
      { code },
    );
  }
  if (wait && status === 503) return new ProviderError(message, { kind: "rate_limited", scope, until: wait }, { code });
  if (status === 401 || status === 403) return new ProviderError(message, { kind: "parked", scope }, { code });
  if (status === 408 || status === 425 || status >= 500 || status < 400) return retryable(message, { code });
  return new ProviderError(message, { kind: "permanent" }, { code });
}

/** `Retry-After` in either form of RFC 9110 section 10.2.3 as a point in time; undefined where absent or unreadable. */
export function retryAfter(header: string | undefined, now: Date): Date | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return new Date(now.getTime() + Number(header) * 1000);
  const at = new Date(header);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

function networkCode(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return typeof inner === "object" && inner !== null && "code" in inner ? String(inner.code) : "unknown";
}
