import { type OutboundContext, type OutgoingMessage, type SentMessage, parsePayload } from "@millrace/core";
import { idOf, isObject } from "../../shared/json-value.ts";
import { type Answer, callTelegram, unreadable } from "../api/call.ts";
import { BAD_ENTITIES, LINK_REJECTED, NO_REPLY_TARGET } from "../api/descriptions.ts";
import type { ApiConfig } from "../config.ts";
import { messageKey } from "../chat-address.ts";
import { telegramMessage, type TelegramMessageContent } from "./content.ts";
import { fileFor, createMemoryBudget } from "./file-parameter.ts";
import { methodCallOf } from "./method-call.ts";
import { senderOf } from "./sender.ts";

/** One variant of a message. After an error with a known cause there may be another variant. */
type Variant = {
  chatId: string;
  content: TelegramMessageContent;
  /** External id of the message to reply to. */
  replyTo: string | undefined;
  /** Whether the files of links are downloaded and uploaded. */
  uploadLinks: boolean;
};

/**
 * Sends a message. After an error with a known cause it sends another variant: as plain text, without the reply, with
 * the uploaded file of a link, or to the chat's new id. Each is tried once. An error means that nothing was sent.
 * @throws ProviderError
 */
export async function sendOnTelegram(
  message: OutgoingMessage,
  context: OutboundContext,
  config: ApiConfig,
): Promise<SentMessage> {
  const { bot, scopes, target } = senderOf(message, config);
  const content = parsePayload(telegramMessage, message.content);
  const first: Variant = { chatId: message.threadId, content, replyTo: message.replyTo, uploadLinks: false };
  let variant = first;
  for (;;) {
    const { chatId, content, replyTo, uploadLinks } = variant;
    const budget = createMemoryBudget();
    const call = await methodCallOf(
      content,
      { ...target(chatId), ...replyParameters(replyTo, chatId) },
      (media, type) => fileFor(media, type, uploadLinks, context, budget),
    );
    const answer = await callTelegram(bot, call, scopes, context);
    if (answer.ok) {
      const { externalId } = messageKey(message.accountId, chatId, { message_id: sentIdOf(answer.result), date: 0 });
      return { externalId, movedTo: chatId === first.chatId ? undefined : chatId };
    }
    const next = nextVariant(variant, answer, first.chatId);
    if (!next) throw answer.error;
    variant = next;
  }
}

function nextVariant(
  variant: Variant,
  { error, migratedTo }: Answer & { ok: false },
  firstChatId: string,
): Variant | undefined {
  if (migratedTo !== undefined && variant.chatId === firstChatId) return { ...variant, chatId: migratedTo };
  const { content, replyTo, uploadLinks } = variant;
  if (error.code === BAD_ENTITIES && "parseMode" in content && content.parseMode)
    return { ...variant, content: { ...content, parseMode: undefined } };
  if (error.code === NO_REPLY_TARGET && replyTo !== undefined) return { ...variant, replyTo: undefined };
  if (error.code === LINK_REJECTED && !uploadLinks && hasLink(content)) return { ...variant, uploadLinks: true };
  return undefined;
}

function hasLink(content: TelegramMessageContent): boolean {
  if (content.type === "album") return content.items.some(({ media }) => media.link !== undefined);
  return "media" in content && content.media.link !== undefined;
}

/**
 * The reply to a message of the same chat. Ids are unique per chat, so an id of another chat would be a wrong message.
 * https://core.telegram.org/bots/api#replyparameters
 */
function replyParameters(replyTo: string | undefined, chatId: string) {
  const [chat, id] = replyTo?.split("/") ?? [];
  if (chat !== chatId || id === undefined || !/^\d+$/.test(id)) return {};
  return { reply_parameters: { message_id: Number(id), allow_sending_without_reply: true } };
}

/** The id of the sent message, or of the first message of an album. */
function sentIdOf(result: unknown): string {
  const message: unknown = Array.isArray(result) ? result[0] : result;
  const id = isObject(message) ? idOf(message["message_id"]) : undefined;
  if (id === undefined) throw unreadable();
  return id;
}
