import { personalDataReader } from "@millrace/core";

/**
 * Finds the people in webhook events and send requests. A message id contains the person's phone number in base64.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
export const whatsappPersonalData = personalDataReader({
  parties: [
    "to",
    "messageIds",
    "id",
    "from",
    "customer",
    "from_user_id",
    "from_parent_user_id",
    "to_user_id",
    "to_parent_user_id",
    "wa_id",
    "new_wa_id",
    "user_id",
    "parent_user_id",
    "previous_user_id",
    "previous_parent_user_id",
    "recipient_id",
    "recipient_user_id",
    "recipient_parent_user_id",
    "recipient_participant_id",
    "participant_recipient_id",
    "recipient_participant_user_id",
  ],
  partyIds: ["id", "phone", "userId", "group", "conversationId", "previous", "current"],
  // The quoted message, and our phone number.
  foreign: ["context", "metadata"],
  depth: 2,
  impersonal: [
    "timestamp",
    "time",
    "accountId",
    "phone_number_id",
    "messaging_product",
    "object",
    "field",
    "type",
    "status",
    "category",
    "event",
    "direction",
    "recipient_type",
    "code",
    "mime_type",
    "sha256",
  ],
});
