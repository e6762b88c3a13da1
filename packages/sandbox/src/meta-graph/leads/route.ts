import type { Context } from "hono";
import type { FaultQueue } from "../../faults/fault-queue.ts";
import type { RequestLog } from "../../logs/request-log.ts";
import { errorResponse, missingObject, unknownAlias, unknownField, usageHeader } from "../errors.ts";
import { faultResponse, isLeadFault } from "./faults.ts";
import { AD_FIELDS, DASHBOARD_LEADGEN_ID, DEFAULT_FIELDS, LEAD_FIELDS, leadOf } from "./lead.ts";
import { bearerToken, tokenErrorOf } from "../tokens.ts";

/** Responds to `GET /<leadgen id>`. */
export async function getLead(c: Context, id: string, faults: FaultQueue, requests: RequestLog): Promise<Response> {
  const token = bearerToken(c.req.header("authorization"));
  const tokenError = tokenErrorOf(token);
  requests.record(c.req.method, c.req.url, tokenError === undefined);
  if (tokenError) return errorResponse(tokenError);

  const fields = c.req.query("fields")?.split(",") ?? DEFAULT_FIELDS;
  const includesAd = AD_FIELDS.some((field) => fields.includes(field));
  const fault = faults.take(
    { api: "leads", leadgenId: id, pageToken: token },
    (name) => isLeadFault(name) && (includesAd || name !== "ad_fields_permission"),
    () => id,
  );
  if (fault !== undefined && isLeadFault(fault)) return faultResponse(fault, id, c.req.raw.signal);

  // Meta's ids consist of digits. The sandbox accepts ids with at least one digit, so that tests can invent readable ids.
  if (!/\d/.test(id)) return errorResponse(unknownAlias(id));
  if (id === DASHBOARD_LEADGEN_ID) return errorResponse(missingObject(id));
  const unknown = fields.find((field) => !LEAD_FIELDS.includes(field));
  if (unknown !== undefined) return errorResponse(unknownField(unknown));
  return Response.json(leadOf(id, fields), { headers: usageHeader(3, 0) });
}
