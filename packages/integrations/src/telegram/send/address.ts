import { permanent, type Stores } from "@millrace/core";
import { z } from "zod";
import type { ApiConfig } from "../config.ts";
import { kindOf, readAccount, resolvePerson } from "../chat-address.ts";

/** At most 52 significant bits: https://core.telegram.org/bots/api#chat. One that a number cannot hold is another chat's. */
const chatId = z
  .string()
  .regex(/^-?[1-9]\d*$/, "must be a Telegram chat id")
  .refine((id) => Number.isSafeInteger(Number(id)), "must be a Telegram chat id");

/** Who a message is for. */
export const telegramAddress = z
  .strictObject({
    conversationId: z.uuid().optional().meta({ description: "A conversation of ours." }),
    chatId: z
      .union([chatId, z.int().transform(String).pipe(chatId)])
      .optional()
      .meta({ description: "Telegram's id of a chat: of a person who has written to the bot, a group or a channel." }),
  })
  .refine(
    (to) => (to.conversationId === undefined) !== (to.chatId === undefined),
    "must have exactly one of conversationId and chatId",
  )
  .meta({ description: "Exactly one of these." });

/**
 * Opens the conversation of a chat, with its person where it is with one.
 * @throws ProviderError permanent when there is no such bot, or nobody owns it
 */
export async function openChat(
  stores: Stores,
  to: z.output<typeof telegramAddress>,
  from: string | undefined,
  at: Date,
  { tokens, defaultBot }: ApiConfig,
): Promise<string> {
  if (to.chatId === undefined) throw permanent("the request names no chat", "payload");
  const accountId = from ?? defaultBot;
  const { bot } = readAccount(accountId);
  if (tokens.size > 0 && !tokens.has(bot)) throw permanent("TELEGRAM_BOT_TOKEN knows no bot of this label", "no_bot");
  const tenantId = await stores.accounts.tenantOf("telegram", "bot", bot);
  const kind = kindOf({ id: to.chatId, type: undefined });
  const contactId = kind === "direct" ? await resolvePerson(stores, tenantId, { id: to.chatId }) : undefined;
  return stores.conversations.open(
    { tenantId, channel: "telegram", accountId, threadId: to.chatId, kind, contactId },
    { at, byUser: false },
  );
}
