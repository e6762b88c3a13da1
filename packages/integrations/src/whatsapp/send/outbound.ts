import type { Outbound } from "@millrace/core";
import { conversationScope, numberScope } from "../api/scopes.ts";
import type { ApiConfig } from "../config.ts";
import { actOnWhatsapp } from "./action.ts";
import { whatsappLimits } from "./limits.ts";
import { sendOnWhatsapp } from "./message.ts";

/** How long a message with a lost response waits for a status, in ms. */
const RECONCILE_MS = 60_000;

/** Sends on WhatsApp. */
export function whatsappOutbound(config: ApiConfig): Outbound {
  return {
    scopes: ({ accountId, conversationId }) => [numberScope(accountId), conversationScope(accountId, conversationId)],
    limits: (message) => whatsappLimits(message, config.messagesPerSecond),
    reconcileMs: RECONCILE_MS,
    send: (message, context) => sendOnWhatsapp(message, context, config),
    act: (action, context) => actOnWhatsapp(action, context, config),
  };
}
