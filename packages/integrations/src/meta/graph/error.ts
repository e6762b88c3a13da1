import { classifyHttp, type HttpResponse, type NextStep, ProviderError } from "@millrace/core";
import { graphErrorOf } from "../../shared/meta/graph.ts";
import { isObject } from "../../shared/json-value.ts";

/** The call that an answer belongs to. */
export type LeadCall = {
  /** What waits when the page is throttled, or when its token or permission must be mended. */
  pageScope: string;
  /** What waits when only this lead cannot be read. */
  leadScope: string;
  /** When the lead was announced. */
  receivedAt: Date;
};

/** Limits of the app, the user, the page and its leads. https://developers.facebook.com/docs/graph-api/overview/rate-limiting */
const THROTTLED = new Set([4, 17, 32, 341, 613, 80_001, 80_005]);

/** "An unknown error occurred", "Service temporarily unavailable". */
const TRANSIENT = new Set([1, 2]);

const BAD_TOKEN = new Set([102, 190]);

/** "Capability or permission", "permission denied", "blocked for policy violations"; 200 to 299 are permissions too. */
const FORBIDDEN = new Set([3, 10, 368]);

/** Whether Graph may refuse the lead for some of the fields alone: a permission, or a field unknown to it. */
export function mayBeAboutFields(response: HttpResponse): boolean {
  const error = graphErrorOf(response);
  if (!error || isTransient(response, error)) return false;
  return error.code === 10 || isPermission(error.code) || (error.code === 100 && error.error_subcode !== 33);
}

/**
 * What to do about an answer, by Graph's own code before the HTTP status: throttling comes as 400 and 403 too.
 * Undefined when the call worked.
 */
export function classifyGraph(response: HttpResponse, call: LeadCall, now: Date): ProviderError | undefined {
  const error = graphErrorOf(response);
  if (!error) return classifyHttp(response, call.pageScope, now);
  const { code, error_subcode: subcode, fbtrace_id: trace } = error;
  const name = subcode === undefined ? String(code) : `${code}/${subcode}`;
  const failure = (meaning: string, next: NextStep) =>
    new ProviderError(`${meaning} (Graph error ${name}${trace === undefined ? "" : `, trace ${trace}`})`, next, {
      code: name,
    });
  const scope = call.pageScope;
  if (THROTTLED.has(code))
    return failure("too many calls for the page", {
      kind: "rate_limited",
      scope,
      until: regainsAccessAt(response, now),
    });
  if (isTransient(response, error)) return failure("Meta has trouble", { kind: "retryable" });
  if (BAD_TOKEN.has(code)) return failure("the page's access token is not valid", { kind: "paused", scope });
  if (FORBIDDEN.has(code) || isPermission(code))
    return failure("Meta forbids reading the page's leads", { kind: "paused", scope });
  if (code === 100 && subcode === 33)
    return failure("the lead is missing, or may not be read", untilReadable(call, now));
  if (code === 100 || code === 803) return failure("Meta refuses the request", { kind: "permanent" });
  return failure("unknown error", { kind: "retryable" });
}

function isPermission(code: number): boolean {
  return code >= 200 && code <= 299;
}

function isTransient({ status }: HttpResponse, error: { code: number; is_transient?: boolean | undefined }): boolean {
  return TRANSIENT.has(error.code) || error.is_transient === true || status >= 500;
}

/** How long a throttled page waits where Meta does not say, in ms: every call before it is free makes it longer. */
const THROTTLE_WAIT_MS = 5 * 60_000;

/** The window of the limit, in ms: no wait need be longer. */
const THROTTLE_WINDOW_MS = 24 * 3_600_000;

function regainsAccessAt({ headers }: HttpResponse, now: Date): Date {
  const minutes = usagesOf(headers["x-business-use-case-usage"])
    .map((usage) => (isObject(usage) ? Number(usage["estimated_time_to_regain_access"]) : 0))
    .filter((estimate) => estimate > 0);
  const waitMs = minutes.length > 0 ? Math.max(...minutes) * 60_000 : THROTTLE_WAIT_MS;
  return new Date(now.getTime() + Math.min(waitMs, THROTTLE_WINDOW_MS));
}

/** The header holds lists of usages by business id. */
function usagesOf(header: string | undefined): unknown[] {
  try {
    const usages: unknown = JSON.parse(header ?? "{}");
    return isObject(usages) ? Object.values(usages).flat() : [];
  } catch {
    return [];
  }
}

/** How old a lead is when it no longer counts as one that Meta cannot read out yet, in ms. */
const FRESH_MS = 10 * 60_000;

/** The shortest wait for a fresh lead, in ms. */
const FIRST_LOOK_MS = 5_000;

/**
 * A lead can be announced before it can be read: it is looked for after 5, 10, 20, … s, for 10 minutes. Then it is
 * deleted or withheld, which Meta does not tell apart: a person must look. Alone, because a deleted lead must not stop
 * its page. Neither costs an attempt.
 */
function untilReadable({ leadScope: scope, receivedAt }: LeadCall, now: Date): NextStep {
  const ageMs = now.getTime() - receivedAt.getTime();
  if (ageMs >= FRESH_MS) return { kind: "paused", scope };
  return { kind: "rate_limited", scope, until: new Date(now.getTime() + Math.max(ageMs, FIRST_LOOK_MS)) };
}
