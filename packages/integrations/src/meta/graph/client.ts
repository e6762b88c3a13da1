import { type AdapterContext, type HttpResponse, retryable } from "@millrace/core";
import { classifyGraph, type LeadCall, mayBeAboutFields } from "./error.ts";
import { type GraphLead, graphLeadSchema } from "../leads/graph-lead.ts";

/** What every token that may read leads may ask for. */
const BASIC_FIELDS = ["id", "created_time", "form_id", "field_data", "custom_disclaimer_responses"];

/**
 * All that is kept of a lead; ads, ad sets and campaigns need `ads_management` too.
 * https://developers.facebook.com/docs/marketing-api/reference/user-lead-gen-info
 */
const ALL_FIELDS = [
  ...BASIC_FIELDS,
  "ad_id",
  "ad_name",
  "adset_id",
  "adset_name",
  "campaign_id",
  "campaign_name",
  "is_organic",
  "platform",
  "partner_name",
  "retailer_item_id",
];

/** A lead as it was fetched; `complete` is false when Meta gave only the basic fields of it. */
export type FetchedLead = { lead: GraphLead; raw: unknown; complete: boolean };

/** Where a lead is and the token to read it with. */
export type LeadRequest = { graphBaseUrl: string; leadgenId: string; token: string; call: LeadCall };

/**
 * Fetches a lead, with the basic fields alone where the token may not have the others: a lead without the name of its
 * ad is worth more than none.
 * @throws ProviderError that says what is next
 */
export async function fetchLead(
  request: LeadRequest,
  context: Pick<AdapterContext, "http" | "signal" | "now">,
): Promise<FetchedLead> {
  const whole = await get(request, ALL_FIELDS, context);
  if (!mayBeAboutFields(whole)) return { ...read(whole, request.call, context.now()), complete: true };
  const basic = await get(request, BASIC_FIELDS, context);
  return { ...read(basic, request.call, context.now()), complete: false };
}

function get(
  { graphBaseUrl, leadgenId, token }: LeadRequest,
  fields: readonly string[],
  { http, signal }: Pick<AdapterContext, "http" | "signal">,
): Promise<HttpResponse> {
  const url = `${graphBaseUrl}/${leadgenId}?fields=${fields.join(",")}`;
  return http({ method: "GET", url, headers: { authorization: `Bearer ${token}` } }, signal);
}

function read(response: HttpResponse, call: LeadCall, now: Date): { lead: GraphLead; raw: unknown } {
  const failure = classifyGraph(response, call, now);
  if (failure) throw failure;
  const lead = graphLeadSchema.safeParse(response.json);
  if (!lead.success) throw retryable("Meta's answer is no lead", { code: "malformed" });
  return { lead: lead.data, raw: response.json };
}
