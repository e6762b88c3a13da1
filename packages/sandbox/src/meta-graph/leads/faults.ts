import { truncatedResponse, noResponse, serverErrorPage } from "../../faults/broken-responses.ts";
import { errorResponse, type GraphError, missingObject, usageHeader } from "../errors.ts";
import { EXPIRED_TOKEN } from "../tokens.ts";

/** The faults of requests for a lead. */
const LEAD_FAULTS = [
  /** The page has made too many calls and can continue after a minute. */
  "throttle",
  /** As `throttle`, without an estimate. */
  "throttle_without_estimate",
  /** The app has made too many calls. Meta marks this error as transient. */
  "app_throttle",
  "expired_token",
  "permission",
  /** Only for requests with fields of the ad, ad set or campaign. */
  "ad_fields_permission",
  "policy_block",
  /** The lead is deleted, withheld or not readable yet. */
  "missing",
  "bad_request",
  "transient",
  "http_500",
  /** No response until the caller closes the connection. */
  "timeout",
  /** 200 with a truncated body. */
  "malformed",
  /** A lead with text that Postgres cannot store: U+0000 and half of a surrogate pair. */
  "odd_text",
] as const;
/** See {@link LEAD_FAULTS}. */
export type LeadFault = (typeof LEAD_FAULTS)[number];

/** Whether requests for a lead have this fault. */
export function isLeadFault(fault: string): fault is LeadFault {
  return LEAD_FAULTS.some((name) => name === fault);
}

/** Responds to a request for a lead with a fault. `signal` is aborted when the caller closes the connection. */
export function faultResponse(fault: LeadFault, leadgenId: string, signal: AbortSignal): Response | Promise<Response> {
  return RESPONSES[fault](leadgenId, signal);
}

const oauth = { type: "OAuthException" } as const;

const pageThrottle: GraphError = {
  ...oauth,
  status: 400,
  code: 80005,
  message:
    "(#80005) There have been too many leadgen api calls to this Page account. Wait a bit and try again. For more " +
    "info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.",
};

/** The usage in a throttled response, in percent. */
const EXCEEDED_USAGE = 101;

const RESPONSES: Record<LeadFault, (leadgenId: string, signal: AbortSignal) => Response | Promise<Response>> = {
  throttle: () => errorResponse(pageThrottle, usageHeader(EXCEEDED_USAGE, 1)),
  throttle_without_estimate: () => errorResponse(pageThrottle, usageHeader(EXCEEDED_USAGE, 0)),
  app_throttle: () =>
    errorResponse({
      ...oauth,
      status: 403,
      code: 4,
      isTransient: true,
      message: "(#4) Application request limit reached",
    }),
  expired_token: () => errorResponse(EXPIRED_TOKEN),
  permission: () =>
    errorResponse({
      ...oauth,
      status: 403,
      code: 200,
      message: "(#200) Requires leads_retrieval permission to manage the object",
    }),
  ad_fields_permission: () =>
    errorResponse({
      ...oauth,
      status: 403,
      code: 200,
      message: "(#200) Ad account owner has NOT grant ads_management or ads_read permission",
    }),
  policy_block: () =>
    errorResponse({
      ...oauth,
      status: 400,
      code: 368,
      message: "The action attempted has been deemed abusive or is otherwise disallowed",
    }),
  missing: (leadgenId) => errorResponse(missingObject(leadgenId)),
  bad_request: () => errorResponse({ ...oauth, status: 400, code: 100, message: "(#100) Invalid parameter" }),
  transient: () =>
    errorResponse({
      ...oauth,
      status: 500,
      code: 2,
      isTransient: true,
      message: "An unexpected error has occurred. Please retry your request later.",
    }),
  http_500: serverErrorPage,
  timeout: (_leadgenId, signal) => noResponse(signal),
  malformed: (leadgenId) => truncatedResponse(`{"id":"${leadgenId}","field_data":[{"na`),
  odd_text: (leadgenId) =>
    Response.json({ id: leadgenId, field_data: [{ name: "full_name", values: ["Ada \u0000\ud83d"] }] }),
};
