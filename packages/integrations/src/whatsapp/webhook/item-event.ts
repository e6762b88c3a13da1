import { contentHash, eventId, type ParsedEvent, unreadable } from "@millrace/core";
import { idOf, isObject } from "../../shared/json-value.ts";
import type { People } from "./people.ts";
import { participantOf } from "./participant.ts";

/** The origin of an item: the business account, the changed field and the phone number id. */
export type Origin = { accountId: string; field: string; metadata: Record<string, unknown>; number: string };

/**
 * The lists of a value that Meta fills with one or more items. The other lists of a value belong to the value as a
 * whole.
 */
const BATCHED = new Set([
  "messages",
  "statuses",
  "errors",
  "message_echoes",
  "user_preferences",
  "user_id_update",
  "calls",
  "groups",
  "history",
  "state_sync",
  "automatic_events",
]);

/** Whether each item of a value's list with this name becomes its own event. */
export function isBatched(name: string): boolean {
  return BATCHED.has(name);
}

/**
 * The event of one item. A list has another meaning in other fields, such as the statuses of calls and the messages
 * that another app answers (`standby`). Their items become `change` events.
 */
export function itemEvent(origin: Origin, list: string, item: unknown, people: People): ParsedEvent {
  switch (list === "errors" ? list : `${origin.field}/${list}`) {
    case "messages/messages":
      return messageEvent("message", origin, list, item, people);
    case "messages/message_echoes":
    case "smb_message_echoes/message_echoes":
      return messageEvent("echo", origin, list, item, people);
    case "messages/statuses":
      return statusEvent(origin, list, item);
    case "user_preferences/user_preferences":
      return unnamedEvent("preference", origin, item, people);
    case "user_id_update/user_id_update":
      return unnamedEvent("user_id_update", origin, item, people);
    case "errors":
      return unnamedEvent("error", origin, item, people);
    default:
      return itemChangeEvent(origin, list, item, people);
  }
}

function messageEvent(
  kind: "message" | "echo",
  origin: Origin,
  list: string,
  item: unknown,
  people: People,
): ParsedEvent {
  const id = isObject(item) ? idOf(item["id"]) : undefined;
  if (!isObject(item) || id === undefined)
    return unreadableItem(kind === "echo" ? "an echo without an id" : "a message without an id", origin, list, item);
  const contact = kind === "message" ? people.ofSender(item) : people.of(item);
  const payload = { metadata: origin.metadata, message: item, ...(contact ? { contact } : {}) };
  return { id: eventId(kind, origin.number, id), kind, payload };
}

/** The id of a status does not contain its time: redeliveries have the same time, but so can two statuses. */
function statusEvent(origin: Origin, list: string, item: unknown): ParsedEvent {
  const status = isObject(item) ? item : {};
  const [id, name] = [idOf(status["id"]), idOf(status["status"])];
  if (id === undefined || name === undefined)
    return unreadableItem("a status without an id or a name", origin, list, item);
  const participant = participantOf(status);
  const key = ["status", origin.number, id, name, ...(participant === undefined ? [] : [participant])];
  return { id: eventId(...key), kind: "status", payload: { metadata: origin.metadata, status } };
}

/** The event of an item without an id. The event id is a hash of the item. */
function unnamedEvent(
  kind: "preference" | "user_id_update" | "error",
  { metadata, number }: Origin,
  item: unknown,
  people: People,
): ParsedEvent {
  const payload = { metadata, [kind]: item, ...contactOf(people, item) };
  return { id: eventId(kind, contentHash({ number, item })), kind, payload };
}

/** A `change` event with the item, as if it were the only one in the webhook. */
function itemChangeEvent({ accountId, field, metadata, number }: Origin, list: string, item: unknown, people: People) {
  const { contact } = contactOf(people, item);
  const value = { metadata, ...(contact ? { contacts: [contact] } : {}), [list]: [item] };
  const id = eventId("change", contentHash({ accountId, field, number, list, item }));
  return { id, kind: "change", payload: { accountId, field, value } };
}

function unreadableItem(reason: string, { accountId, field, metadata }: Origin, list: string, item: unknown) {
  return unreadable(reason, { accountId, field, value: { metadata, [list]: [item] } });
}

function contactOf(people: People, item: unknown): { contact?: Record<string, unknown> } {
  const contact = isObject(item) ? people.of(item) : undefined;
  return contact ? { contact } : {};
}
