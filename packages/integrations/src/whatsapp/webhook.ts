import {
  contentHash,
  eventId,
  parseJsonBody,
  type RawRequest,
  type SplitEvent,
  unreadable,
  type Webhook,
} from "@millrace/core";
import { META_MAX_BODY_BYTES, metaHandshake, verifyMetaSignature } from "../shared/meta-webhook.ts";
import { idOf, isObject, listOf } from "../shared/shape.ts";
import type { WebhookConfig } from "./config.ts";

/** Where WhatsApp posts to, the canonical path first. */
export const WHATSAPP_PATHS = ["/api/integrations/whatsapp/webhook", "/api/webhooks/whatsapp"] as const;

/** The face of WhatsApp. */
export function whatsappWebhook(config: WebhookConfig): Webhook {
  return {
    paths: WHATSAPP_PATHS,
    maxBodyBytes: META_MAX_BODY_BYTES,
    handshake: (request) => metaHandshake(request, config.verifyTokens),
    verify: (request) => verifyMetaSignature(request, config.appSecrets),
    split: splitWhatsapp,
  };
}

/**
 * One event per message, status, account error and other change. Only the shape of the envelope matters here; what
 * is in an event is read by the worker. Nothing of an event depends on what it was batched with.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
export function splitWhatsapp({ body }: Pick<RawRequest, "body">): SplitEvent[] {
  const parsed = parseJsonBody(body);
  if (!parsed.ok) return [unreadable(parsed.reason, parsed.raw)];
  const root = parsed.value;
  if (!isObject(root) || !Array.isArray(root["entry"]) || root["entry"].length === 0)
    return [unreadable("no entries", root)];
  return root["entry"].flatMap((entry) => {
    if (!isObject(entry) || !Array.isArray(entry["changes"]) || entry["changes"].length === 0)
      return [unreadable("an entry without changes", entry)];
    return entry["changes"].flatMap((change) => splitChange(idOf(entry["id"]) ?? "", change));
  });
}

function splitChange(accountId: string, change: unknown): SplitEvent[] {
  if (!isObject(change) || typeof change["field"] !== "string" || !isObject(change["value"]))
    return [unreadable("a change without field or value", change)];
  const { field, value } = change;
  const events = field === "messages" ? splitValue(value) : [];
  if (events.length > 0) return events;
  const payload = { accountId, field, value };
  return [{ id: eventId("change", contentHash(payload)), kind: "change", payload }];
}

function splitValue(value: Record<string, unknown>): SplitEvent[] {
  const metadata = isObject(value["metadata"]) ? value["metadata"] : {};
  const number = idOf(metadata["phone_number_id"]) ?? "";
  const contacts = listOf(value["contacts"]).filter(isObject);
  const messages = listOf(value["messages"]).map((message): SplitEvent => {
    const id = isObject(message) ? idOf(message["id"]) : undefined;
    if (!isObject(message) || id === undefined) return unreadable("a message without an id", message);
    return {
      id: eventId("message", number, id),
      kind: "message",
      payload: { metadata, message, contact: contactOf(contacts, message, ["from", "from_user_id"]) },
    };
  });
  const statuses = listOf(value["statuses"]).map((status): SplitEvent => {
    const id = isObject(status) ? idOf(status["id"]) : undefined;
    if (!isObject(status) || id === undefined) return unreadable("a status without an id", status);
    // Not the time: a redelivery repeats it, and two statuses can share it.
    const participant = idOf(status["recipient_participant_id"]);
    const key = [
      "status",
      number,
      id,
      String(status["status"]),
      ...(participant === undefined ? [] : [participant]),
    ] as const;
    return {
      id: eventId(...key),
      kind: "status",
      payload: { metadata, status, contact: contactOf(contacts, status, ["recipient_id", "recipient_user_id"]) },
    };
  });
  const errors = listOf(value["errors"]).map((error): SplitEvent => {
    const payload = { metadata, error };
    return { id: eventId("error", contentHash(payload)), kind: "error", payload };
  });
  return [...messages, ...statuses, ...errors];
}

/** The entry of `contacts[]` that a message or status is about. By id and never by place: they need not be as many. */
function contactOf(
  contacts: readonly Record<string, unknown>[],
  about: Record<string, unknown>,
  keys: readonly [string, string],
): unknown {
  const ids = keys.map((key) => idOf(about[key])).filter((id) => id !== undefined);
  return contacts.find(
    (contact) => ids.includes(idOf(contact["wa_id"]) ?? "") || ids.includes(idOf(contact["user_id"]) ?? ""),
  );
}
