import { classifyHttp, type HttpResponse, type NextStep, ProviderError } from "@millrace/core";
import { isObject } from "../../shared/json-value.ts";
import { type GraphError, graphErrorOf } from "../../shared/meta/graph-error.ts";

/** Rate limits of the app, the user, the page and its leads. https://developers.facebook.com/docs/graph-api/overview/rate-limiting */
const RATE_LIMITED = new Set([4, 17, 32, 341, 613, 80_001, 80_005]);

/** "An unknown error occurred", "Service temporarily unavailable". */
const TRANSIENT = new Set([1, 2]);

const BAD_TOKEN = new Set([102, 190]);

/** "Capability or permission", "permission denied", "blocked for policy violations". */
const FORBIDDEN = new Set([3, 10, 368]);

/**
 * Maps a response to the next step, by Graph's code before the HTTP status: throttling also comes as 400 and 403.
 * Undefined when the call succeeded.
 * @param scope waits while the page is throttled, or its token or a permission needs repair
 */
export function classifyGraph(response: HttpResponse, scope: string, now: Date): ProviderError | undefined {
  const error = graphErrorOf(response);
  if (!error) return classifyHttp(response, scope, now);
  const { code } = error;
  if (RATE_LIMITED.has(code)) {
    const until = regainsAccessAt(response, now);
    return graphFailure(error, "too many calls for the page", { kind: "rate_limited", scope, until });
  }
  if (isTransient(response, error))
    return graphFailure(error, "Meta has a temporary error", { kind: "unavailable", scope });
  if (BAD_TOKEN.has(code))
    return graphFailure(error, "the page's access token is not valid", { kind: "paused", scope });
  if (FORBIDDEN.has(code) || isPermission(code))
    return graphFailure(error, "Meta forbids reading the page's leads", { kind: "paused", scope });
  if (code === 100 || code === 803) return graphFailure(error, "Meta rejects the request", { kind: "permanent" });
  return graphFailure(error, "unknown error", { kind: "retryable" });
}

/** An error with Graph's code and trace id. It contains none of Graph's texts, because they can quote the request. */
export function graphFailure(error: GraphError, meaning: string, next: NextStep): ProviderError {
  const { code, error_subcode: subcode, fbtrace_id: trace } = error;
  const name = subcode === undefined ? String(code) : `${code}/${subcode}`;
  const details = `(Graph error ${name}${trace === undefined ? "" : `, trace ${trace}`})`;
  return new ProviderError(`${meaning} ${details}`, next, { code: name });
}

/** Whether a code is a missing permission. */
export function isPermission(code: number): boolean {
  return code >= 200 && code <= 299;
}

/** Whether Meta marks an error as temporary, by its code, its flag or the HTTP status. */
export function isTransient({ status }: HttpResponse, { code, is_transient }: GraphError): boolean {
  return TRANSIENT.has(code) || is_transient === true || status >= 500;
}

/** How long a throttled page waits without an estimate by Meta, in ms. A call before that makes the wait longer. */
const THROTTLE_WAIT_MS = 5 * 60_000;

/** The window of the rate limit and so the longest wait, in ms. */
const THROTTLE_WINDOW_MS = 24 * 3_600_000;

function regainsAccessAt({ headers }: HttpResponse, now: Date): Date {
  const minutes = usagesOf(headers["x-business-use-case-usage"])
    .map((usage) => (isObject(usage) ? Number(usage["estimated_time_to_regain_access"]) : 0))
    .filter((estimate) => estimate > 0);
  const waitMs = minutes.length > 0 ? Math.max(...minutes) * 60_000 : THROTTLE_WAIT_MS;
  return new Date(now.getTime() + Math.min(waitMs, THROTTLE_WINDOW_MS));
}

/** Parses the header, which holds lists of usages by business id. */
function usagesOf(header: string | undefined): unknown[] {
  try {
    const usages: unknown = JSON.parse(header ?? "{}");
    return isObject(usages) ? Object.values(usages).flat() : [];
  } catch {
    return [];
  }
}
