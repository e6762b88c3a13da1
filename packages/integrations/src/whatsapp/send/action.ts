import { type OutboundContext, type OutgoingAction, parsePayload } from "@millrace/core";
import { accessOf, callGraph } from "../api/call.ts";
import { conversationScope, numberScope } from "../api/scopes.ts";
import type { ApiConfig } from "../config.ts";
import { readAction } from "./content.ts";

/**
 * Marks a message as read, and optionally shows the typing indicator.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/mark-message-as-read
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/typing-indicators
 * @throws ProviderError
 */
export async function actOnWhatsapp(
  { accountId, conversationId, action }: OutgoingAction,
  context: OutboundContext,
  config: ApiConfig,
): Promise<void> {
  const { messageId, typing } = parsePayload(readAction, action);
  const access = accessOf(config, accountId);
  const body = {
    messaging_product: "whatsapp",
    status: "read",
    message_id: messageId,
    ...(typing ? { typing_indicator: { type: "text" } } : {}),
  };
  const origin = {
    numberScope: numberScope(accountId),
    conversationScope: conversationScope(accountId, conversationId),
    rateLimitHits: 0,
  };
  await callGraph(access, { path: `${encodeURIComponent(accountId)}/messages`, body }, origin, context);
}
