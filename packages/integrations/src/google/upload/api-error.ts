import { classifyHttp, type HttpResponse, type NextStep, ProviderError, retryable } from "@millrace/core";
import { z } from "zod";

/** What waits when the credentials, the Cloud project or its limit are what stops an upload. */
export const PROJECT = "google:project";

/** What waits when only this account cannot be uploaded to. */
export function accountScope(accountId: string): string {
  return `google:account:${accountId}`;
}

/** A word of Google's, such as `INVALID_HEX_ENCODING`: what else an error says may hold what was sent. */
const word = z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/);

/** Parts of an error's `details` by their `@type`. https://google.aip.dev/193 */
const detail = z.object({
  reason: word.optional().catch(undefined),
  domain: z.string().optional().catch(undefined),
  requestId: z
    .string()
    .regex(/^[\w-]{1,100}$/)
    .optional()
    .catch(undefined),
  retryDelay: z
    .string()
    .regex(/^\d{1,6}(?:\.\d{1,9})?s$/)
    .optional()
    .catch(undefined),
  fieldViolations: z
    .array(z.object({ field: z.string().catch(""), reason: word.catch("INVALID_ARGUMENT") }))
    .catch([])
    .default([]),
});

const errorBody = z.object({
  error: z.object({ status: word.optional().catch(undefined), details: z.array(detail).catch([]).default([]) }),
});

/** What of an error of Google's decides. */
export type GoogleError = {
  /** Its name, e.g. `PERMISSION_DENIED`. */
  status: string | undefined;
  /** What is behind that, e.g. `SERVICE_DISABLED`. */
  reason: string | undefined;
  /** Whether it is of Google's APIs in general, and not of this one. */
  ofPlatform: boolean;
  /** For Google's support. */
  requestId: string | undefined;
  retryMs: number | undefined;
  violations: readonly { field: string; reason: string }[];
};

/** The error in an answer; undefined when it holds none. */
export function googleErrorOf(response: HttpResponse): GoogleError | undefined {
  const parsed = errorBody.safeParse(response.json);
  if (!parsed.success) return undefined;
  const { status, details } = parsed.data.error;
  const info = details.find(({ reason }) => reason !== undefined);
  const delay = details.find(({ retryDelay }) => retryDelay !== undefined)?.retryDelay;
  return {
    status,
    reason: info?.reason,
    ofPlatform: info?.domain === "googleapis.com",
    requestId: details.find(({ requestId }) => requestId !== undefined)?.requestId,
    retryMs: delay === undefined ? undefined : Number.parseFloat(delay) * 1000,
    violations: details.flatMap(({ fieldViolations }) => fieldViolations),
  };
}

/** The advertiser must agree to something, or Google must let it in. */
const AGREEMENT = /TERMS_NOT_SIGNED|NOT_ALLOWLISTED/;

/**
 * What to do about an answer, by Google's own words before the HTTP status. Undefined when the call worked.
 * https://developers.google.com/data-manager/api/devguides/concepts/understand-errors
 */
export function classifyGoogle(response: HttpResponse, accountId: string, now: Date): ProviderError | undefined {
  const { status } = response;
  if (status >= 200 && status < 300) return undefined;
  const error = googleErrorOf(response);
  const code = error?.reason ?? error?.status ?? `http_${status}`;
  const trace = error?.requestId === undefined ? "" : `, request ${error.requestId}`;
  const failure = (meaning: string, next: NextStep) =>
    new ProviderError(`${meaning} (Google error ${code}${trace})`, next, { code });
  const project: NextStep = { kind: "paused", scope: PROJECT };
  const account: NextStep = { kind: "paused", scope: accountScope(accountId) };

  if (
    [error?.reason, ...(error?.violations ?? []).map(({ reason }) => reason)].some((name) => AGREEMENT.test(name ?? ""))
  )
    return failure("terms of Google Ads are not agreed to, or the account is not let in", account);
  if (status === 401) return failure("Google refuses the credentials", project);
  if (status === 403 && error?.ofPlatform)
    return failure("the Cloud project may not use the Data Manager API", project);
  if (status === 403) return failure("the credentials may not upload to the account", account);
  if (status === 429 && error?.retryMs !== undefined)
    return failure("too many requests", {
      kind: "rate_limited",
      scope: PROJECT,
      until: new Date(now.getTime() + error.retryMs),
    });
  if (error?.reason === "INVALID_REQUEST_ID") return failure("Google knows no such request", { kind: "permanent" });
  if (status === 404) return failure("GOOGLE_DATAMANAGER_BASE_URL does not lead to the Data Manager API", project);
  // ABORTED: another call was in its way.
  if (status === 409) return retryable(`Google has trouble (Google error ${code}${trace})`, { code });
  return classifyHttp(response, PROJECT, now);
}
