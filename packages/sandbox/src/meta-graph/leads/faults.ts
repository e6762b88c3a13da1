import { halfAnswer, noAnswer, serverDown } from "../../faults/broken-responses.ts";
import { errorResponse, type GraphError, missingObject, usageHeader } from "../errors.ts";
import { EXPIRED_TOKEN } from "../tokens.ts";

/** Everything that can go wrong with a call for a lead on request. */
const GRAPH_FAULTS = [
  /** The page has made too many calls and may go on in a minute. */
  "throttle",
  /** The same, without a word on when it may go on. */
  "throttle_without_estimate",
  /** The whole app has made too many calls; Meta calls this transient too. */
  "app_throttle",
  "expired_token",
  "permission",
  /** Refused only where ad, ad set or campaign are asked for. */
  "ad_fields_permission",
  "policy_block",
  /** As for a lead that is deleted, not readable yet, or withheld. */
  "missing",
  "bad_request",
  "transient",
  "http_500",
  /** No answer until the caller goes away. */
  "timeout",
  /** 200 and half a body. */
  "malformed",
  /** A lead whose person entered what Postgres cannot store: U+0000 and half a surrogate pair. */
  "odd_text",
] as const;
/** See {@link GRAPH_FAULTS}. */
export type GraphFault = (typeof GRAPH_FAULTS)[number];

/** Whether a call for a lead can fail so. */
export function isGraphFault(fault: string): fault is GraphFault {
  return GRAPH_FAULTS.some((name) => name === fault);
}

/** Answers a call for a lead with a fault. `gone` fires when the caller goes away. */
export function faultResponse(fault: GraphFault, leadgenId: string, gone: AbortSignal): Response | Promise<Response> {
  return ANSWERS[fault](leadgenId, gone);
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

/** What a throttled answer says of the share of calls used up, in percent. */
const USED_UP = 101;

const ANSWERS: Record<GraphFault, (leadgenId: string, gone: AbortSignal) => Response | Promise<Response>> = {
  throttle: () => errorResponse(pageThrottle, usageHeader(USED_UP, 1)),
  throttle_without_estimate: () => errorResponse(pageThrottle, usageHeader(USED_UP, 0)),
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
  http_500: serverDown,
  timeout: (_leadgenId, gone) => noAnswer(gone),
  malformed: (leadgenId) => halfAnswer(`{"id":"${leadgenId}","field_data":[{"na`),
  odd_text: (leadgenId) =>
    Response.json({ id: leadgenId, field_data: [{ name: "full_name", values: ["Ada \u0000\ud83d"] }] }),
};
