import { type Handled, type InboundEvent, parsePayload, permanent } from "@millrace/core";
import { accountOf } from "../identity/account.ts";
import { personOf } from "../identity/identity.ts";
import { preferencePayload } from "./schema.ts";
import { timeOf } from "./timestamp.ts";
import { unhandled } from "./unhandled.ts";

/** Whether each value allows marketing messages. `signup` is an opt-in through a link of the business. */
const ALLOWS = new Map([
  ["stop", false],
  ["resume", true],
  ["signup", true],
]);

/**
 * Records whether a person allows marketing messages. A preference without a category is about those too.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences
 */
export function handlePreference(event: InboundEvent): Handled {
  const { metadata, contact, preference } = parsePayload(preferencePayload, event.payload);
  const { category = "marketing_messages", value } = preference;
  const allowed = ALLOWS.get(value);
  if (category !== "marketing_messages" || allowed === undefined) return unhandled(value);
  const ids = { userIds: [preference.user_id, preference.parent_user_id], numbers: [preference.wa_id] };
  const person = personOf(ids, contact);
  if (!person) throw permanent("the preference has neither a phone number nor a user id", "no_identity");
  const at = timeOf(preference.timestamp, event);
  const marketing = { fact: "marketing", owner: accountOf(metadata), person, allowed, at } as const;
  return { result: "unhandled", detail: value, facts: [marketing] };
}
