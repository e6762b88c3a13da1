import type { Outbound } from "@millrace/core";
import { botScope, chatScope } from "../api/scopes.ts";
import type { ApiConfig } from "../config.ts";
import { readAccount } from "../chat-address.ts";
import { actOnTelegram } from "./action.ts";
import { telegramLimits } from "./limits.ts";
import { sendOnTelegram } from "./message.ts";

/** Sends on Telegram. It has no key for a message and no way to ask for one, so there is nothing to reconcile with. */
export function telegramOutbound(config: ApiConfig): Outbound {
  return {
    scopes: ({ accountId, conversationId }) => {
      const { bot } = readAccount(accountId);
      return [botScope(bot), chatScope(bot, conversationId)];
    },
    limits: (message) => telegramLimits(message, config.messagesPerSecond),
    reconcileMs: 0,
    send: (message, context) => sendOnTelegram(message, context, config),
    act: (action, context) => actOnTelegram(action, context, config),
  };
}
