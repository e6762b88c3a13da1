import { type OutgoingMessage, permanent } from "@millrace/core";
import { BSUID } from "../identity/identity.ts";

/** Whom a message goes to, in the words of the messages API. */
type Recipient =
  | { recipient_type: "group" | "individual"; to: string }
  | { recipient_type: "individual"; recipient: string };

/**
 * Whom a message goes to. The phone number, where it is known: WhatsApp goes by it even if the user id is there too,
 * and templates with a one-time password go to no user id (error 131062). The latest number first, because an older one
 * may be someone else's by now.
 *
 * The plus sign that webhooks leave out is put back: without it Meta takes the number for one of the sender's country.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
export function recipientOf({
  kind,
  threadId,
  recipients,
}: Pick<OutgoingMessage, "kind" | "threadId" | "recipients">): Recipient {
  if (kind === "group") return { recipient_type: "group", to: threadId };
  const names = recipients.map(({ externalId }) => externalId);
  const phone = names.find((name) => /^\d{5,15}$/.test(name));
  if (phone !== undefined) return { recipient_type: "individual", to: `+${phone}` };
  const userIds = names.filter((name) => BSUID.test(name));
  // A parent's user id is one of the company's, for all of its portfolios; the own one is always good.
  const userId = userIds.find((name) => !name.includes(".ENT.")) ?? userIds[0];
  if (userId === undefined) throw permanent("the person has neither a phone number nor a user id", "nobody");
  return { recipient_type: "individual", recipient: userId };
}
