import { type OutgoingMessage, permanent } from "@millrace/core";
import { type Bot, botOf } from "../api/bot.ts";
import type { CallScopes } from "../api/failure.ts";
import { botScope, chatScope } from "../api/scopes.ts";
import type { ApiConfig } from "../config.ts";
import { GUEST, parseAccountId } from "../chat-address.ts";

/** The bot and the account that send in a conversation. */
type Sender = {
  bot: Bot;
  scopes: CallScopes;
  /** The parameters of a chat, and of the business account if the bot writes in its name. */
  target(chatId: string): { chat_id: number; business_connection_id?: string };
};

/**
 * The sender in a conversation.
 * @throws ProviderError paused without a token, permanent if the bot is only a guest
 */
export function senderOf(
  { accountId, conversationId }: Pick<OutgoingMessage, "accountId" | "conversationId">,
  config: ApiConfig,
): Sender {
  const { bot, within } = parseAccountId(accountId);
  if (within === GUEST) throw permanent("a guest bot can only answer in a chat, not write by itself", GUEST);
  return {
    bot: botOf(config, bot),
    scopes: { bot: botScope(bot), chat: chatScope(bot, conversationId) },
    // An id has at most 52 significant bits: https://core.telegram.org/bots/api#chat
    target: (chatId) => ({
      chat_id: Number(chatId),
      ...(within === undefined ? {} : { business_connection_id: within }),
    }),
  };
}
