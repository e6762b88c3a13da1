import { permanent, type ThreadReference } from "@millrace/core";
import { z } from "zod";
import type { ApiConfig } from "../config.ts";
import { botAccount, kindOf, parseAccountId, personOf } from "../chat-address.ts";

/** At most 52 significant bits: https://core.telegram.org/bots/api#chat. A larger number would be rounded to another chat's id. */
const chatId = z
  .string()
  .regex(/^-?[1-9]\d*$/, "must be a Telegram chat id")
  .refine((id) => Number.isSafeInteger(Number(id)), "must be a Telegram chat id");

/** The recipient of a message. */
export const telegramAddress = z
  .strictObject({
    conversationId: z.uuid().optional().meta({ description: "The id of a row in the table `conversations`." }),
    chatId: z
      .union([chatId, z.int().transform(String).pipe(chatId)])
      .optional()
      .meta({ description: "Telegram's id of a chat: a person who has written to the bot, a group or a channel." }),
  })
  .refine(
    (to) => (to.conversationId === undefined) !== (to.chatId === undefined),
    "must have exactly one of conversationId and chatId",
  )
  .meta({ description: "Exactly one of the fields is required." });

/**
 * The thread of a chat, with the person of a direct chat.
 * @throws ProviderError permanent if there is no such bot
 */
export function chatThread(
  to: z.output<typeof telegramAddress>,
  from: string | undefined,
  { tokens, defaultBot }: ApiConfig,
): ThreadReference {
  if (to.chatId === undefined) throw permanent("the request names no chat", "payload");
  const accountId = from ?? defaultBot;
  const { bot } = parseAccountId(accountId);
  if (tokens.size > 0 && !tokens.has(bot)) throw permanent("TELEGRAM_BOT_TOKEN has no bot with this label", "no_bot");
  const kind = kindOf({ id: to.chatId, type: undefined });
  return {
    owner: botAccount(bot),
    channel: "telegram",
    accountId,
    threadId: to.chatId,
    kind,
    person: kind === "direct" ? personOf({ id: to.chatId }) : undefined,
  };
}
