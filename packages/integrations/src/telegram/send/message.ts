import type { OutboundContext, OutgoingMessage, Sent } from "@millrace/core";
import { idOf, isObject } from "../../shared/json-value.ts";
import { parsePayload } from "../../shared/parse-payload.ts";
import { type Answer, callTelegram, unreadable } from "../api/call.ts";
import { BAD_ENTITIES, LINK_REFUSED, NO_REPLY_TARGET } from "../api/descriptions.ts";
import type { ApiConfig } from "../config.ts";
import { messageKey } from "../chat-address.ts";
import { telegramMessage, type TelegramMessageContent } from "./content.ts";
import { fileFor, roomForFiles } from "./file.ts";
import { methodCallOf } from "./method-call.ts";
import { senderOf } from "./sender.ts";

/** One way to send a message; after a refusal that names its cause there may be another. */
type Way = {
  chatId: string;
  content: TelegramMessageContent;
  /** External id of the message it answers. */
  replyTo: string | undefined;
  /** Whether links are fetched and uploaded. */
  uploadLinks: boolean;
};

/**
 * Sends a message, if need be in another way: as plain text, as no answer, with what a link gives, or to the chat's new
 * id. Each is tried once, and only after a refusal, which means that nothing was sent.
 * @throws ProviderError
 */
export async function sendOnTelegram(
  message: OutgoingMessage,
  context: OutboundContext,
  config: ApiConfig,
): Promise<Sent> {
  const { bot, scopes, on } = senderOf(message, config);
  const content = parsePayload(telegramMessage, message.content);
  const first: Way = { chatId: message.threadId, content, replyTo: message.replyTo, uploadLinks: false };
  let way = first;
  for (;;) {
    const { chatId, content, replyTo, uploadLinks } = way;
    const room = roomForFiles();
    const call = await methodCallOf(content, { ...on(chatId), ...replyParameters(replyTo, chatId) }, (media, type) =>
      fileFor(media, type, uploadLinks, context, room),
    );
    const answer = await callTelegram(bot, call, scopes, context);
    if (answer.ok) {
      const { externalId } = messageKey(message.accountId, chatId, { message_id: sentIdOf(answer.result), date: 0 });
      return { externalId, movedTo: chatId === first.chatId ? undefined : chatId };
    }
    const other = otherWay(way, answer, first.chatId);
    if (!other) throw answer.error;
    way = other;
  }
}

function otherWay(way: Way, { error, migratedTo }: Answer & { ok: false }, firstChatId: string): Way | undefined {
  if (migratedTo !== undefined && way.chatId === firstChatId) return { ...way, chatId: migratedTo };
  const { content, replyTo, uploadLinks } = way;
  if (error.code === BAD_ENTITIES && "parseMode" in content && content.parseMode)
    return { ...way, content: { ...content, parseMode: undefined } };
  if (error.code === NO_REPLY_TARGET && replyTo !== undefined) return { ...way, replyTo: undefined };
  if (error.code === LINK_REFUSED && !uploadLinks && hasLink(content)) return { ...way, uploadLinks: true };
  return undefined;
}

function hasLink(content: TelegramMessageContent): boolean {
  if (content.type === "album") return content.items.some(({ media }) => media.link !== undefined);
  return "media" in content && content.media.link !== undefined;
}

/**
 * Ids count per chat: one of another chat, also of a group before it became a supergroup, would name another message.
 * https://core.telegram.org/bots/api#replyparameters
 */
function replyParameters(replyTo: string | undefined, chatId: string) {
  const [chat, id] = replyTo?.split("/") ?? [];
  if (chat !== chatId || id === undefined || !/^\d+$/.test(id)) return {};
  return { reply_parameters: { message_id: Number(id), allow_sending_without_reply: true } };
}

/** The id of what was sent; of an album, its first message's. */
function sentIdOf(result: unknown): string {
  const message: unknown = Array.isArray(result) ? result[0] : result;
  const id = isObject(message) ? idOf(message["message_id"]) : undefined;
  if (id === undefined) throw unreadable();
  return id;
}
