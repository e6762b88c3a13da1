import { type InboundEvent, permanent, type Write } from "@millrace/core";
import { parsePayload } from "../../shared/parse-payload.ts";
import { personOf } from "../identity/identity.ts";
import { kept } from "./unhandled.ts";
import { preferencePayload } from "./schema.ts";
import { tenantOf } from "../identity/tenant.ts";
import { timeOf } from "./timestamp.ts";

/** Whether each word allows marketing messages; a sign-up is an opt-in by a link of ours. */
const ALLOWS = new Map([
  ["stop", false],
  ["resume", true],
  ["signup", true],
]);

/**
 * A person refuses or allows marketing messages. Without a category it is about those, the only ones there are.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences
 */
export function preferenceWrite(event: InboundEvent): Write {
  const { metadata, contact, preference } = parsePayload(preferencePayload, event.payload);
  const { category = "marketing_messages", value } = preference;
  const allowed = ALLOWS.get(value);
  if (category !== "marketing_messages" || allowed === undefined) return kept(value);
  const names = { userIds: [preference.user_id, preference.parent_user_id], numbers: [preference.wa_id] };
  const person = personOf(names, contact);
  if (!person) throw permanent("the preference names nobody: neither a number nor a user id", "nobody");
  return async (stores) => {
    const tenantId = await tenantOf(stores, metadata);
    const contactId = await stores.contacts.resolve(tenantId, person.identities, person.profile);
    await stores.contacts.setMarketing(contactId, allowed, timeOf(preference.timestamp, event));
    return { result: "unhandled", detail: value };
  };
}
