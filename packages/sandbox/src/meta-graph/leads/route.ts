import type { Context } from "hono";
import type { FaultQueue } from "../../faults/fault-queue.ts";
import type { RequestLog } from "../../logs/request-log.ts";
import { errorResponse, missingObject, unknownAlias, unknownField, usageHeader } from "../errors.ts";
import { faultResponse, isGraphFault } from "./faults.ts";
import { AD_FIELDS, DASHBOARD_LEADGEN_ID, DEFAULT_FIELDS, LEAD_FIELDS, leadOf } from "./lead.ts";
import { bearerToken, refusalOf } from "../tokens.ts";

/** `GET /<leadgen id>`. */
export async function answerLead(c: Context, id: string, faults: FaultQueue, requests: RequestLog): Promise<Response> {
  const token = bearerToken(c.req.header("authorization"));
  const refusal = refusalOf(token);
  requests.record(c.req.method, c.req.url, refusal === undefined);
  if (refusal) return errorResponse(refusal);

  const fields = c.req.query("fields")?.split(",") ?? DEFAULT_FIELDS;
  const asksForAd = AD_FIELDS.some((field) => fields.includes(field));
  const fault = faults.take(
    { api: "leads", leadgenId: id, pageToken: token },
    (name) => isGraphFault(name) && (asksForAd || name !== "ad_fields_permission"),
    () => id,
  );
  if (fault !== undefined && isGraphFault(fault)) return faultResponse(fault, id, c.req.raw.signal);

  // Meta's own ids are digits alone; an id with some of them is let pass, so that made-up webhooks work here too.
  if (!/\d/.test(id)) return errorResponse(unknownAlias(id));
  if (id === DASHBOARD_LEADGEN_ID) return errorResponse(missingObject(id));
  const odd = fields.find((field) => !LEAD_FIELDS.includes(field));
  if (odd !== undefined) return errorResponse(unknownField(odd));
  return Response.json(leadOf(id, fields), { headers: usageHeader(3, 0) });
}
