import type { MessageChange } from "@millrace/core";
import { z } from "zod";
import { parsePayload } from "../../shared/parse-payload.ts";
import { contentOf } from "./content.ts";
import { id, optionalText } from "./schema.ts";

/** A change and the message that it is done to. */
type ToldChange = { target: string; change: MessageChange };

const reactionPart = z.looseObject({ message_id: id, emoji: optionalText });
const editPart = z.looseObject({ original_message_id: id, message: z.looseObject({ type: z.string() }) });
const revokePart = z.looseObject({ original_message_id: id });

/**
 * What a message of type reaction, edit or revoke does to another one; undefined for all other types.
 * @param actor who did it
 * @throws ProviderError permanent, when it does not say to which message
 */
export function changeIn(message: Record<string, unknown>, actor: string): ToldChange | undefined {
  switch (message["type"]) {
    // An absent emoji takes the reaction back; it used to be an empty one.
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
