import { type MessageChange, parsePayload } from "@millrace/core";
import { z } from "zod";
import { contentOf } from "./content.ts";
import { id, optionalText } from "./schema.ts";

/** A change and the id of the changed message. */
type TargetedChange = { target: string; change: MessageChange };

const reactionPart = z.looseObject({ message_id: id, emoji: optionalText });
const editPart = z.looseObject({ original_message_id: id, message: z.looseObject({ type: z.string() }) });
const revokePart = z.looseObject({ original_message_id: id });

/**
 * The change that a message of the type reaction, edit or revoke makes; undefined for all other types.
 * @param actor the person who made the change
 * @throws ProviderError permanent, if the message does not name its target
 */
export function changeOf(message: Record<string, unknown>, actor: string): TargetedChange | undefined {
  switch (message["type"]) {
    // An absent emoji removes the reaction; older webhooks send an empty one.
    // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/reaction
    case "reaction": {
      const part = parsePayload(reactionPart, message["reaction"], ["message", "reaction"]);
      return { target: part.message_id, change: { kind: "reaction", actor, emoji: part.emoji || undefined } };
    }
    // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/edit
    case "edit": {
      const part = parsePayload(editPart, message["edit"], ["message", "edit"]);
      const { body } = contentOf(part.message, ["message", "edit", "message"]);
      return { target: part.original_message_id, change: { kind: "edit", body, payload: part.message } };
    }
    // https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/revoke
    case "revoke": {
      const part = parsePayload(revokePart, message["revoke"], ["message", "revoke"]);
      return { target: part.original_message_id, change: { kind: "revoke" } };
    }
    default:
      return undefined;
  }
}
