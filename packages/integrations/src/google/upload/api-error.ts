import { classifyHttp, type HttpResponse, type NextStep, ProviderError, retryable } from "@millrace/core";
import { z } from "zod";

/** Waits while the credentials, the Cloud project or its rate limit prevent uploads. */
export const PROJECT_SCOPE = "google:project";

/** Waits while uploads to one account are not possible. */
export function accountScope(accountId: string): string {
  return `google:account:${accountId}`;
}

/** A reason such as `INVALID_HEX_ENCODING`. Other texts of an error are ignored, because they can quote the request. */
const reasonName = z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/);

/** The fields of all types of an error's `details`. https://google.aip.dev/193 */
const detail = z.object({
  reason: reasonName.optional().catch(undefined),
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
    .array(z.object({ field: z.string().catch(""), reason: reasonName.catch("INVALID_ARGUMENT") }))
    .catch([])
    .default([]),
});

const errorBody = z.object({
  error: z.object({ status: reasonName.optional().catch(undefined), details: z.array(detail).catch([]).default([]) }),
});

/** The fields of a Google error that classification needs. */
export type GoogleError = {
  /** The status, e.g. `PERMISSION_DENIED`. */
  status: string | undefined;
  /** The reason of the status, e.g. `SERVICE_DISABLED`. */
  reason: string | undefined;
  /** Whether Google's API platform returned the error, and not the Data Manager API. */
  ofPlatform: boolean;
  /** For Google's support. */
  requestId: string | undefined;
  retryMs: number | undefined;
  violations: readonly { field: string; reason: string }[];
};

/** The error in a response, or undefined. */
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

/** The advertiser must accept terms, or Google must allowlist the account. */
const AGREEMENT = /TERMS_NOT_SIGNED|NOT_ALLOWLISTED/;

/**
 * Maps a response to the next step, by Google's reason before the HTTP status. Undefined when the call succeeded.
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
  const project: NextStep = { kind: "paused", scope: PROJECT_SCOPE };
  const account: NextStep = { kind: "paused", scope: accountScope(accountId) };

  if (
    [error?.reason, ...(error?.violations ?? []).map(({ reason }) => reason)].some((name) => AGREEMENT.test(name ?? ""))
  )
    return failure("the terms of Google Ads are not accepted, or the account is not allowlisted", account);
  if (status === 401) return failure("Google rejects the credentials", project);
  if (status === 403 && error?.ofPlatform)
    return failure("the Cloud project may not use the Data Manager API", project);
  if (status === 403) return failure("the credentials may not upload to the account", account);
  if (status === 429 && error?.retryMs !== undefined)
    return failure("too many requests", {
      kind: "rate_limited",
      scope: PROJECT_SCOPE,
      until: new Date(now.getTime() + error.retryMs),
    });
  if (error?.reason === "INVALID_REQUEST_ID") return failure("Google has no such request", { kind: "permanent" });
  if (status === 404) return failure("GOOGLE_DATAMANAGER_BASE_URL does not lead to the Data Manager API", project);
  // ABORTED: the call conflicts with another one.
  if (status === 409) return retryable(`Google has a temporary error (Google error ${code}${trace})`, { code });
  return classifyHttp(response, PROJECT_SCOPE, now);
}
