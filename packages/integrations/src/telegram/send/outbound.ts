import type { Outbound } from "@millrace/core";
import { botScope, chatScope } from "../api/scopes.ts";
import type { ApiConfig } from "../config.ts";
import { parseAccountId } from "../chat-address.ts";
import { actOnTelegram } from "./action.ts";
import { telegramLimits } from "./limits.ts";
import { sendOnTelegram } from "./message.ts";

/** Sends on Telegram. Telegram has no idempotency key and no lookup, so an uncertain send cannot be reconciled. */
export function telegramOutbound(config: ApiConfig): Outbound {
  return {
    scopes: ({ accountId, conversationId }) => {
      const { bot } = parseAccountId(accountId);
      return [botScope(bot), chatScope(bot, conversationId)];
    },
    limits: (message) => telegramLimits(message, config.messagesPerSecond),
    reconcileMs: 0,
    send: (message, context) => sendOnTelegram(message, context, config),
    act: (action, context) => actOnTelegram(action, context, config),
  };
}
