import { contentHash } from "@millrace/core";
import { idOf, isObject, listOf } from "../../shared/json-value.ts";

type Contact = Record<string, unknown>;

/** The people of the items of one value. */
export type People = {
  /** The contact of an item's person. */
  of(item: Record<string, unknown>): Contact | undefined;
  /** The contact of the sender of a message, which may be named only in the contact. */
  ofSender(message: Record<string, unknown>): Contact | undefined;
};

/** The fields of an item that contain an id of its person, the stable ids first. */
const ID_FIELDS = [
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
 * Indexes the `contacts[]` of a value by id. The index of a contact does not identify its item, because not every item has
 * a contact. Only a message without a sender gets the only contact of a value with one item. A system message never has
 * a contact.
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
  const idsOf = (item: Record<string, unknown>) =>
    ID_FIELDS.map((name) => idOf(item[name])).filter((id) => id !== undefined);
  const of = (item: Record<string, unknown>) =>
    idsOf(item)
      .map((id) => byId.get(id))
      .find((contact) => contact !== undefined);
  const [only, ...others] = all;
  const isOnlyItem = items === 1 && others.length === 0;
  return {
    of,
    ofSender: (message) =>
      isOnlyItem && idsOf(message).length === 0 && message["type"] !== "system" ? only : of(message),
  };
}

/** Chooses between two contacts with the same id, independent of their order. */
function oneOf(known: Contact | undefined, other: Contact): Contact {
  return known !== undefined && contentHash(known) < contentHash(other) ? known : other;
}
