import { idOf } from "../../shared/json-value.ts";

/**
 * Whose status it is, in a group; undefined elsewhere. Meta's pages print the first two names for the number, and a
 * participant whose number is withheld has only a user id.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/group
 */
export function participantOf(status: Record<string, unknown>): string | undefined {
  return (
    idOf(status["recipient_participant_id"]) ??
    idOf(status["participant_recipient_id"]) ??
    idOf(status["recipient_participant_user_id"])
  );
}
