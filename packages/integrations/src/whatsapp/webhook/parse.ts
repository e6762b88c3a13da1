import { contentHash, eventId, parseJsonBody, type RawRequest, type ParsedEvent, unreadable } from "@millrace/core";
import { idOf, isObject } from "../../shared/json-value.ts";
import { isBatched, itemEvent, type Origin } from "./item-event.ts";
import { indexPeople } from "./people.ts";

/**
 * Parses a body into one event per message, status, echo, preference, error and other change. It reads only the envelope;
 * the worker reads the content. An event does not depend on the other items of its batch, because a redelivery can have
 * another batch.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
export function parseWhatsappWebhook({ body }: Pick<RawRequest, "body">): ParsedEvent[] {
  const parsed = parseJsonBody(body);
  if (!parsed.ok) return [unreadable(parsed.reason, parsed.raw)];
  const root = parsed.value;
  if (!isObject(root) || !Array.isArray(root["entry"]) || root["entry"].length === 0)
    return [unreadable("the body has no entries", root)];
  return root["entry"].flatMap(parseEntry);
}

/** The reason if Meta sends no values: https://developers.facebook.com/docs/graph-api/webhooks/getting-started */
const VALUES_OFF =
  'an entry names changed fields but not their values: switch on "Include Values" in the app\'s webhook subscription';

function parseEntry(entry: unknown): ParsedEvent[] {
  if (!isObject(entry)) return [unreadable("an entry is not an object", entry)];
  if (Array.isArray(entry["changes"]) && entry["changes"].length > 0) {
    const accountId = idOf(entry["id"]) ?? "";
    return entry["changes"].flatMap((change) => parseChange(accountId, change));
  }
  if ("changed_fields" in entry) return [unreadable(VALUES_OFF, entry)];
  return [unreadable("an entry has no changes", entry)];
}

function parseChange(accountId: string, change: unknown): ParsedEvent[] {
  if (!isObject(change) || typeof change["field"] !== "string" || !isObject(change["value"]))
    return [unreadable("a change has no field or no value", change)];
  const { field, value } = change;
  const metadata = isObject(value["metadata"]) ? value["metadata"] : {};
  const origin: Origin = { accountId, field, metadata, number: idOf(metadata["phone_number_id"]) ?? "" };
  const lists = Object.entries(value).filter(([name]) => isBatched(name));
  const items = lists.flatMap(([name, list]) => (Array.isArray(list) ? list.map((item) => ({ name, item })) : []));
  const people = indexPeople(value["contacts"], items.length);
  const events = [
    ...items.map(({ name, item }) => itemEvent(origin, name, item, people)),
    ...lists
      .filter(([, list]) => !Array.isArray(list))
      .map(([name, list]) =>
        unreadable(`${name} is not a list`, { accountId, field, value: { metadata, [name]: list } }),
      ),
  ];
  if (events.length > 0) return [...events, ...restOf(origin, value)];
  if (field === "messages") return [unreadable("a change of messages holds none", change)];
  return [changeEvent({ accountId, field, value })];
}

/** The change event of the other fields of a value, which are neither batched lists nor part of the envelope. */
function restOf({ accountId, field, metadata }: Origin, value: Record<string, unknown>): ParsedEvent[] {
  const rest = Object.entries(value).filter(([name]) => !ENVELOPE.has(name) && !isBatched(name));
  return rest.length === 0 ? [] : [changeEvent({ accountId, field, value: { metadata, ...Object.fromEntries(rest) } })];
}

const ENVELOPE = new Set(["messaging_product", "metadata", "contacts"]);

function changeEvent(payload: { accountId: string; field: string; value: unknown }): ParsedEvent {
  return { id: eventId("change", contentHash(payload)), kind: "change", payload };
}
