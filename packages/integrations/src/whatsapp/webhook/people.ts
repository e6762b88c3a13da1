import { contentHash } from "@millrace/core";
import { idOf, isObject, listOf } from "../../shared/json-value.ts";

type Contact = Record<string, unknown>;

/** Who the items of one value are about. */
export type People = {
  /** The contact that an item names. */
  of(item: Record<string, unknown>): Contact | undefined;
  /** The same for a message to us, which may leave it to the contact to name its sender. */
  ofSender(message: Record<string, unknown>): Contact | undefined;
};

/** Fields by which an item names the other side, the stable names first. */
const NAMES = [
  "from_user_id",
  "to_user_id",
  "recipient_user_id",
  "user_id",
  "from",
  "to",
  "recipient_id",
  "wa_id",
] as const;

/**
 * The `contacts[]` of a value, found by their ids and never by their place: they need not be as many as the items, and
 * some items have none. Only a message that names nobody and came alone is paired with a contact that came alone, as
 * there is no other sender for it; not so a system message, which never has a contact.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
export function indexPeople(contacts: unknown, items: number): People {
  const all = listOf(contacts).filter(isObject);
  const byId = new Map<string, Contact>();
  for (const contact of all) {
    for (const id of [idOf(contact["user_id"]), idOf(contact["wa_id"])]) {
      if (id !== undefined) byId.set(id, oneOf(byId.get(id), contact));
    }
  }
  const namesOf = (item: Record<string, unknown>) =>
    NAMES.map((name) => idOf(item[name])).filter((id) => id !== undefined);
  const of = (item: Record<string, unknown>) =>
    namesOf(item)
      .map((id) => byId.get(id))
      .find((contact) => contact !== undefined);
  const [only, ...others] = all;
  const alone = items === 1 && others.length === 0;
  return {
    of,
    ofSender: (message) =>
      alone && namesOf(message).length === 0 && message["type"] !== "system" ? only : of(message),
  };
}

/** Of two contacts with one id the same one, whichever came first. */
function oneOf(known: Contact | undefined, other: Contact): Contact {
  return known !== undefined && contentHash(known) < contentHash(other) ? known : other;
}
