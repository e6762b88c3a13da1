import { z } from "zod";
import { errorResponse, type GraphError, missingObject, usageHeader } from "./errors.ts";
import { EXPIRED_TOKEN } from "./tokens.ts";

/** Everything that can go wrong with a call to the Graph API on request. */
export const GRAPH_FAULTS = [
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

/** The body of `POST /_faults`. */
export const graphFaultSchema = z.strictObject({
  match: z.strictObject({ leadgenId: z.string().optional(), pageToken: z.string().optional() }).default({}),
  fault: z.enum(GRAPH_FAULTS),
  times: z.number().int().min(1).default(1),
});

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
  http_500: () =>
    new Response("<html><body>Sorry, something went wrong.</body></html>", {
      status: 500,
      headers: { "content-type": "text/html" },
    }),
  timeout: async (_leadgenId, gone) => {
    if (!gone.aborted) await new Promise((resolve) => gone.addEventListener("abort", resolve, { once: true }));
    return new Response(null, { status: 499 });
  },
  malformed: (leadgenId) =>
    new Response(`{"id":"${leadgenId}","field_data":[{"na`, { headers: { "content-type": "application/json" } }),
  odd_text: (leadgenId) =>
    Response.json({ id: leadgenId, field_data: [{ name: "full_name", values: ["Ada \u0000\ud83d"] }] }),
};
