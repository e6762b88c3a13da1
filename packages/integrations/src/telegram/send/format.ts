import type { MessagePart, OutgoingFormat } from "@millrace/core";
import { splitText } from "../../shared/send/split-text.ts";
import { coordinates, lines } from "../inbound/message-body.ts";
import type { TelegramAction } from "./action.ts";
import { MAX_CAPTION, telegramContent, type TelegramContent, type TelegramMessageContent } from "./content.ts";
import { findFormatting } from "./find-formatting.ts";

/** The longest text of one message: https://core.telegram.org/bots/api#sendmessage */
const MAX_TEXT = 4096;

type Text = Extract<TelegramContent, { type: "text" }>;

/** The contents that can be sent on Telegram. */
export const telegramFormat: OutgoingFormat = {
  channel: "telegram",
  content: telegramContent,
  parts(content) {
    const message = content as TelegramContent;
    if (message.type !== "chat_action") return partsOf(message);
    return { action: { chatAction: message.action } satisfies TelegramAction };
  },
};

function partsOf(message: TelegramMessageContent): MessagePart[] {
  switch (message.type) {
    case "text":
      return textParts(message);
    case "location":
      return [part("location", coordinates(message), message)];
    case "album":
      return [part("album", lines(...message.items.map(({ caption }) => caption)), message)];
    // The row has the type of a received voice note.
    case "voice":
      return fileParts("audio", message);
    case "image":
    case "document":
    case "audio":
    case "video":
      return fileParts(message.type, message);
  }
}

/**
 * Splits a long text into several messages: the first has the reply, the last has the buttons, and each has the parse
 * mode. A split does not cut a formatted range, unless the range is longer than a message. Its parts are not valid in
 * the parse mode, so they are sent as plain text.
 */
function textParts({ replyTo, keyboard, ...rest }: Text): MessagePart[] {
  const chunks = splitText(rest.text, MAX_TEXT, findFormatting(rest.parseMode));
  return chunks.map((text, index) =>
    part("text", text, {
      ...rest,
      text,
      ...(index === 0 ? { replyTo } : {}),
      ...(index === chunks.length - 1 ? { keyboard } : {}),
    }),
  );
}

/** A file with a long caption becomes the file and a text. */
function fileParts(
  type: string,
  message: Extract<TelegramMessageContent, { caption?: string | undefined }>,
): MessagePart[] {
  const { caption, parseMode, keyboard, ...bare } = message;
  if (caption === undefined || caption.length <= MAX_CAPTION) return [part(type, caption, message)];
  return [part(type, undefined, bare), ...textParts({ type: "text", text: caption, parseMode, keyboard })];
}

/** The row holds the reply, so the content does not. */
function part(type: string, body: string | undefined, { replyTo, ...content }: TelegramMessageContent): MessagePart {
  return { type, body, replyTo, content };
}
