import {
  contentHash,
  eventId,
  parseJsonBody,
  type RawRequest,
  type ParsedEvent,
  unreadable,
  type Webhook,
} from "@millrace/core";
import { META_MAX_BODY_BYTES, metaChallenge, verifyMetaSignature } from "../shared/meta/webhook.ts";
import { idOf, isObject, listOf } from "../shared/json-value.ts";
import type { WebhookConfig } from "./config.ts";
import { DASHBOARD_PAGE_ID, isDashboardTest, leadgenNotificationSchema } from "./leads/leadgen-change.ts";

/** The paths of the webhook, the canonical path first. */
export const META_PATHS = ["/api/integrations/meta/webhook", "/api/webhooks/meta/leads"] as const;

/** The webhook of Meta Lead Ads. */
export function metaWebhook(config: WebhookConfig): Webhook {
  return {
    paths: META_PATHS,
    maxBodyBytes: META_MAX_BODY_BYTES,
    secrets: config.appSecrets,
    challenge: metaChallenge(config.verifyTokens),
    authenticate: (request, { secrets }) => !config.verifySignature || verifyMetaSignature(request, secrets),
    parse: parseMetaWebhook,
  };
}

/** The object and entry of a change. A lead event keeps only the page of it, because a redelivery comes in another batch. */
type Origin = { object: string | undefined; entryId: string | undefined };

/**
 * Parses a body into one event per lead and per other change. It also accepts deliveries without `object` and `field`, a
 * change without an envelope (the dashboard's preview) and a bare value, if they name a lead and its page.
 * https://developers.facebook.com/docs/graph-api/webhooks/getting-started#event-notifications
 */
export function parseMetaWebhook({ body }: Pick<RawRequest, "body">): ParsedEvent[] {
  const parsed = parseJsonBody(body);
  if (!parsed.ok) return [unreadable(parsed.reason, parsed.raw)];
  const root = parsed.value;
  if (!isObject(root)) return [unreadable("the body is not a JSON object", root)];
  const object = idOf(root["object"]);
  const entries = listOf(root["entry"]);
  if (entries.length > 0) return entries.flatMap((entry) => parseEntry(object, entry));
  if ("value" in root) return [parseChange({ object, entryId: undefined }, root)];
  if ("leadgen_id" in root) return [leadEvent(undefined, root, root)];
  return [unreadable("no entries", root)];
}

function parseEntry(object: string | undefined, entry: unknown): ParsedEvent[] {
  if (!isObject(entry)) return [unreadable("an entry that is not an object", entry)];
  const origin = { object, entryId: idOf(entry["id"]) };
  const changes = listOf(entry["changes"]);
  if (changes.length > 0) return changes.map((change) => parseChange(origin, change));
  if ("changed_fields" in entry)
    return [unreadable('the webhook subscription sends no values: switch on its "Include Values" at Meta', entry)];
  // Messenger chats, when the page's Messenger subscription has the same URL.
  const chats = ["messaging", "standby"].flatMap((field) =>
    listOf(entry[field]).map((value) => changeEvent(origin, field, value)),
  );
  return chats.length > 0 ? chats : [unreadable("an entry without changes", entry)];
}

function parseChange(origin: Origin, change: unknown): ParsedEvent {
  if (!isObject(change)) return unreadable("a change that is not an object", change);
  const { field, value } = change;
  const isLead = field === "leadgen" || (field === undefined && isObject(value) && "leadgen_id" in value);
  if (isLead && (origin.object ?? "page") === "page") return leadEvent(origin.entryId, value, change);
  return typeof field === "string" ? changeEvent(origin, field, value) : unreadable("a change without a field", change);
}

function leadEvent(entryId: string | undefined, value: unknown, change: unknown): ParsedEvent {
  const fields = isObject(value) ? value : {};
  const testPage = isDashboardTest(idOf(fields["leadgen_id"])) ? DASHBOARD_PAGE_ID : undefined;
  const notification = leadgenNotificationSchema.safeParse({
    ...fields,
    page_id: idOf(fields["page_id"]) ?? entryId ?? testPage,
    // `adgroup_id` is Meta's former name of `ad_id`.
    ad_id: idOf(fields["ad_id"]) ?? fields["adgroup_id"],
  });
  if (!notification.success) return unreadable("a lead without a leadgen_id and a page_id", change);
  const { page_id, leadgen_id } = notification.data;
  return { id: eventId("lead", page_id, leadgen_id), kind: "lead", payload: notification.data };
}

function changeEvent({ object, entryId }: Origin, field: string, value: unknown): ParsedEvent {
  const payload = { object, accountId: entryId, field, value };
  return { id: eventId("change", contentHash(payload)), kind: "change", payload };
}
