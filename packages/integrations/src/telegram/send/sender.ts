import { type OutgoingMessage, permanent } from "@millrace/core";
import { type Bot, botOf } from "../api/bot.ts";
import type { CallScopes } from "../api/failure.ts";
import { botScope, chatScope } from "../api/scopes.ts";
import type { ApiConfig } from "../config.ts";
import { GUEST, readAccount } from "../chat-address.ts";

/** Who sends in a conversation. */
type Sender = {
  bot: Bot;
  scopes: CallScopes;
  /** Parameters that name a chat, and the business account in whose name it is written to. */
  on(chatId: string): { chat_id: number; business_connection_id?: string };
};

/**
 * The bot of a conversation and what it needs to write there.
 * @throws ProviderError paused without a token, permanent where a bot is only a guest
 */
export function senderOf(
  { accountId, conversationId }: Pick<OutgoingMessage, "accountId" | "conversationId">,
  config: ApiConfig,
): Sender {
  const { bot, within } = readAccount(accountId);
  if (within === GUEST)
    throw permanent("a bot that was called into a chat as a guest cannot write there by itself", GUEST);
  return {
    bot: botOf(config, bot),
    scopes: { bot: botScope(bot), chat: chatScope(bot, conversationId) },
    // An id has at most 52 significant bits: https://core.telegram.org/bots/api#chat
    on: (chatId) => ({
      chat_id: Number(chatId),
      ...(within === undefined ? {} : { business_connection_id: within }),
    }),
  };
}
