import { type OutgoingMessage, permanent } from "@millrace/core";
import { BSUID } from "../identity/identity.ts";

/** The recipient in the format of the messages API. */
type Recipient =
  | { recipient_type: "group" | "individual"; to: string }
  | { recipient_type: "individual"; recipient: string };

/**
 * The recipient of a message. A known phone number comes first: WhatsApp prefers it to the user id, and templates with a
 * one-time password need it (error 131062). The latest number comes first, because an older one may have a new owner.
 *
 * Webhooks omit the plus sign of a number. It is added, because without it Meta assumes a number of the sender's country.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
export function recipientOf({
  kind,
  threadId,
  recipients,
}: Pick<OutgoingMessage, "kind" | "threadId" | "recipients">): Recipient {
  if (kind === "group") return { recipient_type: "group", to: threadId };
  const ids = recipients.map(({ externalId }) => externalId);
  const phone = ids.find((id) => /^\d{5,15}$/.test(id));
  if (phone !== undefined) return { recipient_type: "individual", to: `+${phone}` };
  const userIds = ids.filter((id) => BSUID.test(id));
  // A parent user id is only valid within the company's portfolios; the user id is always valid.
  const userId = userIds.find((id) => !id.includes(".ENT.")) ?? userIds[0];
  if (userId === undefined) throw permanent("the person has neither a phone number nor a user id", "no_identity");
  return { recipient_type: "individual", recipient: userId };
}
