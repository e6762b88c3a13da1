import { type FetchPorts, type HttpResponse, retryable } from "@millrace/core";
import { getGraph } from "../graph/client.ts";
import { type GraphLead, graphLeadSchema } from "./graph-lead.ts";
import { classifyLeadError, type LeadCall, mayBeAboutFields } from "./lead-error.ts";

/** The fields that every token with access to leads may read. */
const BASIC_FIELDS = ["id", "created_time", "form_id", "field_data", "custom_disclaimer_responses"];

/**
 * All fields that Millrace stores. Those of ads, ad sets and campaigns need the permission `ads_management`.
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

/** A fetched lead. `complete` is false when Meta returned only the basic fields. */
export type FetchedLead = { lead: GraphLead; raw: unknown; complete: boolean };

/** A request for a lead with the page's access token. */
export type LeadRequest = { graphBaseUrl: string; leadgenId: string; token: string; call: LeadCall };

/**
 * Fetches a lead. If the token may not read all fields, it fetches the basic fields only: a lead without the name of its
 * ad is better than no lead.
 * @throws ProviderError with the next step
 */
export async function fetchLead(
  request: LeadRequest,
  ports: Pick<FetchPorts, "http" | "signal" | "now">,
): Promise<FetchedLead> {
  const all = await get(request, ALL_FIELDS, ports);
  if (!mayBeAboutFields(all)) return { ...parseLead(all, request.call, ports.now()), complete: true };
  const basic = await get(request, BASIC_FIELDS, ports);
  return { ...parseLead(basic, request.call, ports.now()), complete: false };
}

function get(
  { graphBaseUrl, leadgenId, token }: LeadRequest,
  fields: readonly string[],
  ports: Pick<FetchPorts, "http" | "signal">,
): Promise<HttpResponse> {
  return getGraph(`${graphBaseUrl}/${leadgenId}?fields=${fields.join(",")}`, token, ports);
}

function parseLead(response: HttpResponse, call: LeadCall, now: Date): { lead: GraphLead; raw: unknown } {
  const failure = classifyLeadError(response, call, now);
  if (failure) throw failure;
  const lead = graphLeadSchema.safeParse(response.json);
  if (!lead.success) throw retryable("Meta's response contains no lead", { code: "malformed" });
  return { lead: lead.data, raw: response.json };
}
