import { ProviderError, retryable, unavailable } from "../errors/provider-error.ts";
import type { HttpResponse } from "./http.ts";

/** How long a scope waits after a 429 without `Retry-After`, in ms. */
const DEFAULT_WAIT_MS = 60_000;

/**
 * Classifies a response by its HTTP status and `Retry-After` alone, for all providers. An integration first checks the
 * provider's own error codes. Returns undefined for a 2xx.
 */
export function classifyHttp(response: HttpResponse, scope: string, now: Date): ProviderError | undefined {
  const { status } = response;
  if (status >= 200 && status < 300) return undefined;
  const code = `http_${status}`;
  const message = `HTTP ${status}`;
  const until = retryAfter(response.headers["retry-after"], now);
  if (status === 429) {
    const next = { kind: "rate_limited", scope, until: until ?? new Date(now.getTime() + DEFAULT_WAIT_MS) } as const;
    return new ProviderError(message, next, { code });
  }
  if (until && status === 503) return new ProviderError(message, { kind: "rate_limited", scope, until }, { code });
  if (status === 401 || status === 403) return new ProviderError(message, { kind: "paused", scope }, { code });
  if (status === 408 || status >= 500) return unavailable(message, scope, { code, uncertain: status >= 500 });
  if (status === 425 || status < 400) return retryable(message, { code });
  return new ProviderError(message, { kind: "permanent" }, { code });
}

/**
 * Returns the time in a `Retry-After` header in either form of RFC 9110 section 10.2.3; undefined when it is absent or
 * invalid.
 */
export function retryAfter(header: string | undefined, now: Date): Date | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return new Date(now.getTime() + Number(header) * 1000);
  const at = new Date(header);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
