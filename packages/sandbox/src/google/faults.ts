import { truncatedResponse, noResponse } from "../faults/broken-responses.ts";
import {
  errorResponse,
  EXPIRED_TOKEN,
  type GoogleError,
  errorDetails,
  SERVICE_DISABLED,
  rateLimitExceeded,
  type Violation,
} from "./errors.ts";

/** The faults of all requests. `rate_limited:7` has a delay in seconds; the default is 1. */
const FAULT =
  /^(?:http_500|http_503|timeout|malformed|expired_token|service_disabled|permission_denied|rate_limited(?::\d{1,5})?)$/;

/** The faults of `events:ingest` alone. */
const INGEST_FAULTS = ["terms_not_signed", "not_allowlisted"];

/** The faults of requests that Google accepts. */
const ACCEPTED_FAULTS = [
  /** 500, although Google accepts the conversions. */
  "http_500_taken",
  /** No response, although Google accepts the conversions. */
  "timeout_taken",
  /** Processing lasts until `POST /_datamanager/process`. */
  "slow_processing",
];

/** The faults of requests with invalid events. */
const VIOLATION_FAULTS = [
  /** The error names no invalid event. */
  "no_field",
  /** The error names `events[3]` instead of `events.events[3]`. */
  "other_spelling",
];

/** Whether the API has this fault. */
export function isGoogleFault(fault: string): boolean {
  return [...INGEST_FAULTS, ...ACCEPTED_FAULTS, ...VIOLATION_FAULTS].includes(fault) || FAULT.test(fault);
}

/**
 * Returns which faults can change the response to a request. `accepted` and `hasInvalidEvents` describe the result without
 * a fault.
 */
export function appliesToRequest(
  step: "ingest" | "status",
  accepted: boolean,
  hasInvalidEvents: boolean,
): (fault: string) => boolean {
  return (fault) => {
    if (ACCEPTED_FAULTS.includes(fault)) return accepted;
    if (VIOLATION_FAULTS.includes(fault)) return hasInvalidEvents;
    if (INGEST_FAULTS.includes(fault)) return step === "ingest";
    return FAULT.test(fault) && !(fault === "malformed" && step === "ingest" && !accepted);
  };
}

/** Whether Google accepts the conversions despite the fault. */
export function isAccepted(fault: string | undefined): boolean {
  return fault === undefined || fault === "malformed" || ACCEPTED_FAULTS.includes(fault);
}

/** Returns the violations that an error reports with a fault. */
export function reportedViolations(violations: readonly Violation[], fault: string | undefined): readonly Violation[] {
  if (fault === "no_field") return [];
  if (fault !== "other_spelling") return violations;
  return violations.map((violation) => ({
    ...violation,
    field: violation.field.replace(/^events\.events\[/, "events["),
  }));
}

/**
 * Responds to a request with a fault. Returns undefined if the fault does not change the response. `signal` is aborted when
 * the caller closes the connection.
 */
export function faultResponse(
  fault: string | undefined,
  requestId: string,
  signal: AbortSignal,
): Response | Promise<Response> | undefined {
  if (fault === undefined) return undefined;
  if (fault.startsWith("timeout")) return noResponse(signal);
  if (fault === "malformed") return truncatedResponse('{"request');
  if (fault.startsWith("rate_limited")) return errorResponse(rateLimitExceeded(Number(fault.split(":")[1] ?? 1)));
  const error = ERRORS[fault]?.(requestId);
  return error && errorResponse(error);
}

const internal = (requestId: string): GoogleError => ({
  code: 500,
  status: "INTERNAL",
  message: "Internal error encountered.",
  details: errorDetails("INTERNAL_ERROR", requestId),
});

const forbidden = (reason: string, message: string) => (requestId: string) => ({
  code: 403,
  status: "PERMISSION_DENIED",
  message,
  details: errorDetails(reason, requestId),
});

const ERRORS: Readonly<Record<string, (requestId: string) => GoogleError>> = {
  http_500: internal,
  http_500_taken: internal,
  http_503: () => ({ code: 503, status: "UNAVAILABLE", message: "The service is currently unavailable." }),
  expired_token: () => EXPIRED_TOKEN,
  service_disabled: () => SERVICE_DISABLED,
  permission_denied: forbidden("PERMISSION_DENIED", "The caller does not have permission"),
  terms_not_signed: forbidden(
    "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED",
    "The destination account has not agreed to the terms for enhanced conversions.",
  ),
  not_allowlisted: forbidden("NOT_ALLOWLISTED", "The account is not allowlisted for the feature."),
};
