import type { OutboundContext, OutgoingMessage, Sent } from "@millrace/core";
import { parsePayload } from "../../shared/parse-payload.ts";
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
import { refuseOutsideWindow } from "./window.ts";

/**
 * Sends a message. Our id goes with it as `biz_opaque_callback_data` and comes back in each of its statuses: that is
 * how a message whose answer was lost is found again.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 * @throws ProviderError
 */
export async function sendOnWhatsapp(
  message: OutgoingMessage,
  context: OutboundContext,
  config: ApiConfig,
): Promise<Sent> {
  const content = parsePayload(whatsappMessage, message.content);
  refuseOutsideWindow(message, content.type, context.now());
  const recipient = recipientOf(message);
  const access = accessOf(config, message.accountId);
  const origin: CallOrigin = {
    numberScope: numberScope(message.accountId),
    conversationScope: conversationScope(message.accountId, message.conversationId),
    rateLimitHits: message.rateLimitHits,
  };
  // A reaction names its message itself, and takes no context.
  const answered = content.type === "reaction" ? undefined : message.replyTo;
  const body = {
    messaging_product: "whatsapp",
    ...recipient,
    biz_opaque_callback_data: message.id,
    ...(answered === undefined ? {} : { context: { message_id: answered } }),
    ...(await graphMessageOf(content, (media, type) => fileFor(media, type, access, origin, context))),
  };
  const path = `${encodeURIComponent(access.phoneNumberId)}/messages`;
  const answer = await callGraph(access, { path, body }, origin, context);
  return { externalId: sentIdOf(answer), recipient: newNamesOf(answer, message) };
}

/**
 * Meta writes some numbers in another way (Brazil's and Mexico's), and may tell the user id of a number: webhooks will
 * name the person so.
 */
function newNamesOf(answer: unknown, { kind, recipients }: OutgoingMessage): Sent["recipient"] {
  const [contact] = isObject(answer) ? listOf(answer["contacts"]) : [];
  if (kind !== "direct" || !isObject(contact)) return undefined;
  const person = personOf({ userIds: [idOf(contact["user_id"])], numbers: [idOf(contact["wa_id"])] });
  const known = new Set(recipients.map(({ externalId }) => externalId));
  const [addressed] = recipients;
  if (!person || !addressed || person.identities.every(({ externalId }) => known.has(externalId))) return undefined;
  return [...person.identities, { channel: "whatsapp", ...addressed }];
}

/**
 * The id of what was taken. A template may be held for a look at its quality or be paused (`message_status`): it is
 * taken all the same, and a status tells if it is dropped.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-pacing
 */
function sentIdOf(answer: unknown): string {
  const [message] = isObject(answer) ? listOf(answer["messages"]) : [];
  const id = isObject(message) ? idOf(message["id"]) : undefined;
  if (id === undefined) throw unreadable();
  return id;
}
