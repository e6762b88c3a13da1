import { halfAnswer, noAnswer } from "../faults/broken-responses.ts";
import {
  errorResponse,
  EXPIRED_TOKEN,
  type GoogleError,
  reported,
  SERVICE_DISABLED,
  tooMany,
  type Violation,
} from "./errors.ts";

/** What can go wrong with any request on request; `rate_limited:7` tells to wait so many seconds, without them it is one. */
const FAULT =
  /^(?:http_500|http_503|timeout|malformed|expired_token|service_disabled|permission_denied|rate_limited(?::\d{1,5})?)$/;

/** What can go wrong only with conversions that are sent. */
const INGEST_FAULTS = ["terms_not_signed", "not_allowlisted"];

/** What makes a difference only to conversions that are taken. */
const TAKEN_FAULTS = [
  /** 500, although they are taken. */
  "http_500_taken",
  /** No answer, although they are taken. */
  "timeout_taken",
  /** Processed when `POST /_datamanager/process` says so. */
  "slow_processing",
];

/** What makes a difference only where events are wrong. */
const REFUSAL_FAULTS = [
  /** Refused without a word on which is wrong. */
  "no_field",
  /** The wrong ones are named `events[3]`, not `events.events[3]`. */
  "other_spelling",
];

/** Whether the API can fail so. */
export function isGoogleFault(fault: string): boolean {
  return [...INGEST_FAULTS, ...TAKEN_FAULTS, ...REFUSAL_FAULTS].includes(fault) || FAULT.test(fault);
}

/** Whether a fault makes a difference to a request: `taken` and `wrongEvents` say what would become of it otherwise. */
export function concerns(step: "ingest" | "status", taken: boolean, wrongEvents: boolean): (fault: string) => boolean {
  return (fault) => {
    if (TAKEN_FAULTS.includes(fault)) return taken;
    if (REFUSAL_FAULTS.includes(fault)) return wrongEvents;
    if (INGEST_FAULTS.includes(fault)) return step === "ingest";
    return FAULT.test(fault) && !(fault === "malformed" && step === "ingest" && !taken);
  };
}

/** Whether conversions are taken all the same. */
export function isTaken(fault: string | undefined): boolean {
  return fault === undefined || fault === "malformed" || TAKEN_FAULTS.includes(fault);
}

/** What a refusal names, as a fault has it. */
export function spelled(violations: readonly Violation[], fault: string | undefined): readonly Violation[] {
  if (fault === "no_field") return [];
  if (fault !== "other_spelling") return violations;
  return violations.map((violation) => ({
    ...violation,
    field: violation.field.replace(/^events\.events\[/, "events["),
  }));
}

/** Answers a request with a fault; undefined where it is answered as ever. `gone` fires when the caller goes away. */
export function faultResponse(
  fault: string | undefined,
  requestId: string,
  gone: AbortSignal,
): Response | Promise<Response> | undefined {
  if (fault === undefined) return undefined;
  if (fault.startsWith("timeout")) return noAnswer(gone);
  if (fault === "malformed") return halfAnswer('{"request');
  if (fault.startsWith("rate_limited")) return errorResponse(tooMany(Number(fault.split(":")[1] ?? 1)));
  const error = ERRORS[fault]?.(requestId);
  return error && errorResponse(error);
}

const internal = (requestId: string): GoogleError => ({
  code: 500,
  status: "INTERNAL",
  message: "Internal error encountered.",
  details: reported("INTERNAL_ERROR", requestId),
});

const forbidden = (reason: string, message: string) => (requestId: string) => ({
  code: 403,
  status: "PERMISSION_DENIED",
  message,
  details: reported(reason, requestId),
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
