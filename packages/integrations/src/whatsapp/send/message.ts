import { type OutboundContext, type OutgoingMessage, type SentMessage, parsePayload } from "@millrace/core";
import { idOf, isObject, listOf } from "../../shared/json-value.ts";
import { personOf } from "../identity/identity.ts";
import { accessOf, callGraph } from "../api/call.ts";
import { type CallOrigin, unreadable } from "../api/failure.ts";
import { conversationScope, numberScope } from "../api/scopes.ts";
import type { ApiConfig } from "../config.ts";
import { whatsappMessage } from "./content.ts";
import { graphMessageOf } from "./graph-message.ts";
import { recipientOf } from "./recipient.ts";
import { fileFor } from "./upload.ts";
import { assertWithinWindow } from "./window.ts";

/**
 * Sends a message. It carries our id as `biz_opaque_callback_data`, which each of its statuses contains. After a lost
 * response the message is reconciled by this id.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 * @throws ProviderError
 */
export async function sendOnWhatsapp(
  message: OutgoingMessage,
  context: OutboundContext,
  config: ApiConfig,
): Promise<SentMessage> {
  const content = parsePayload(whatsappMessage, message.content);
  assertWithinWindow(message, content.type, context.now());
  const recipient = recipientOf(message);
  const access = accessOf(config, message.accountId);
  const origin: CallOrigin = {
    numberScope: numberScope(message.accountId),
    conversationScope: conversationScope(message.accountId, message.conversationId),
    rateLimitHits: message.rateLimitHits,
  };
  // A reaction contains its target and accepts no context.
  const replyTo = content.type === "reaction" ? undefined : message.replyTo;
  const body = {
    messaging_product: "whatsapp",
    ...recipient,
    biz_opaque_callback_data: message.id,
    ...(replyTo === undefined ? {} : { context: { message_id: replyTo } }),
    ...(await graphMessageOf(content, (media, type) => fileFor(media, type, access, origin, context))),
  };
  const path = `${encodeURIComponent(access.phoneNumberId)}/messages`;
  const response = await callGraph(access, { path, body }, origin, context);
  return { externalId: sentIdOf(response), recipient: newIdentitiesOf(response, message) };
}

/**
 * The recipient's identities if the response contains a new one. Meta normalizes some numbers (in Brazil and Mexico) and
 * may return the user id of a number; later webhooks contain these ids.
 */
function newIdentitiesOf(response: unknown, { kind, recipients }: OutgoingMessage): SentMessage["recipient"] {
  const [contact] = isObject(response) ? listOf(response["contacts"]) : [];
  if (kind !== "direct" || !isObject(contact)) return undefined;
  const person = personOf({ userIds: [idOf(contact["user_id"])], numbers: [idOf(contact["wa_id"])] });
  const known = new Set(recipients.map(({ externalId }) => externalId));
  const [addressed] = recipients;
  if (!person || !addressed || person.identities.every(({ externalId }) => known.has(externalId))) return undefined;
  return [...person.identities, { channel: "whatsapp", ...addressed }];
}

/**
 * The id of the accepted message. A template may be held for a quality assessment or be paused (`message_status`). It is
 * accepted in both cases, and a status follows if Meta drops it.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-pacing
 */
function sentIdOf(response: unknown): string {
  const [message] = isObject(response) ? listOf(response["messages"]) : [];
  const id = isObject(message) ? idOf(message["id"]) : undefined;
  if (id === undefined) throw unreadable();
  return id;
}
