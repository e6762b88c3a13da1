import { idOf } from "../../shared/json-value.ts";

/**
 * The group member of a status; undefined outside a group. Meta documents both of the first two names for the number. A
 * member has only a user id if the number is withheld.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/group
 */
export function participantOf(status: Record<string, unknown>): string | undefined {
  return (
    idOf(status["recipient_participant_id"]) ??
    idOf(status["participant_recipient_id"]) ??
    idOf(status["recipient_participant_user_id"])
  );
}
