import {
  contentHash,
  eventId,
  parseJsonBody,
  type RawRequest,
  type ParsedEvent,
  unreadable,
  type Webhook,
} from "@millrace/core";
import { META_MAX_BODY_BYTES, metaHandshake, verifyMetaSignature } from "../shared/meta/webhook.ts";
import { idOf, isObject, listOf } from "../shared/json-value.ts";
import type { WebhookConfig } from "./config.ts";
import { DASHBOARD_PAGE_ID, isDashboardTest, leadNoticeSchema } from "./leads/leadgen-change.ts";

/** Where Meta posts leads to, the canonical path first. */
export const META_PATHS = ["/api/integrations/meta/webhook", "/api/webhooks/meta/leads"] as const;

/** The face of Meta Lead Ads. */
export function metaWebhook(config: WebhookConfig): Webhook {
  return {
    paths: META_PATHS,
    maxBodyBytes: META_MAX_BODY_BYTES,
    challenge: (request) => metaHandshake(request, config.verifyTokens),
    authenticate: (request) => !config.verifySignature || verifyMetaSignature(request, config.appSecrets),
    parse: splitMeta,
  };
}

/** Where a change stands. Nothing of it but the page goes into a lead: a redelivery comes in another batch. */
type Place = { object: string | undefined; entryId: string | undefined };

/**
 * One event per lead and per other change. Deliveries without `object` and `field`, a single change without an
 * envelope (the dashboard's preview) and a bare value are read as well, as long as a lead and its page are named.
 * https://developers.facebook.com/docs/graph-api/webhooks/getting-started#event-notifications
 */
export function splitMeta({ body }: Pick<RawRequest, "body">): ParsedEvent[] {
  const parsed = parseJsonBody(body);
  if (!parsed.ok) return [unreadable(parsed.reason, parsed.raw)];
  const root = parsed.value;
  if (!isObject(root)) return [unreadable("the body is no JSON object", root)];
  const object = idOf(root["object"]);
  const entries = listOf(root["entry"]);
  if (entries.length > 0) return entries.flatMap((entry) => splitEntry(object, entry));
  if ("value" in root) return [splitChange({ object, entryId: undefined }, root)];
  if ("leadgen_id" in root) return [lead(undefined, root, root)];
  return [unreadable("no entries", root)];
}

function splitEntry(object: string | undefined, entry: unknown): ParsedEvent[] {
  if (!isObject(entry)) return [unreadable("an entry that is no object", entry)];
  const place = { object, entryId: idOf(entry["id"]) };
  const changes = listOf(entry["changes"]);
  if (changes.length > 0) return changes.map((change) => splitChange(place, change));
  if ("changed_fields" in entry)
    return [unreadable('the webhook subscription sends no values: switch on its "Include Values" at Meta', entry)];
  // Messenger's, where the page's chats come to the same URL.
  const chats = ["messaging", "standby"].flatMap((field) =>
    listOf(entry[field]).map((value) => otherChange(place, field, value)),
  );
  return chats.length > 0 ? chats : [unreadable("an entry without changes", entry)];
}

function splitChange(place: Place, change: unknown): ParsedEvent {
  if (!isObject(change)) return unreadable("a change that is no object", change);
  const { field, value } = change;
  const isLead = field === "leadgen" || (field === undefined && isObject(value) && "leadgen_id" in value);
  if (isLead && (place.object ?? "page") === "page") return lead(place.entryId, value, change);
  return typeof field === "string" ? otherChange(place, field, value) : unreadable("a change without a field", change);
}

function lead(entryId: string | undefined, value: unknown, change: unknown): ParsedEvent {
  const given = isObject(value) ? value : {};
  const testPage = isDashboardTest(idOf(given["leadgen_id"])) ? DASHBOARD_PAGE_ID : undefined;
  const notice = leadNoticeSchema.safeParse({
    ...given,
    page_id: idOf(given["page_id"]) ?? entryId ?? testPage,
    // Both name the ad: "ad group" is what Meta called it once.
    ad_id: idOf(given["ad_id"]) ?? given["adgroup_id"],
  });
  if (!notice.success) return unreadable("a lead without a leadgen_id and a page_id", change);
  const { page_id, leadgen_id } = notice.data;
  return { id: eventId("lead", page_id, leadgen_id), kind: "lead", payload: notice.data };
}

function otherChange({ object, entryId }: Place, field: string, value: unknown): ParsedEvent {
  const payload = { object, accountId: entryId, field, value };
  return { id: eventId("change", contentHash(payload)), kind: "change", payload };
}
