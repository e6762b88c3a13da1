import type { MessagePart, OutgoingFormat } from "@millrace/core";
import { splitText } from "../../shared/send/split-text.ts";
import { contentOf } from "../inbound/content.ts";
import { whatsappContent, type WhatsappContent, type WhatsappMessage } from "./content.ts";

/** The longest text of one message: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages */
const MAX_TEXT = 4096;

/** The contents that can be sent on WhatsApp. */
export const whatsappFormat: OutgoingFormat = {
  channel: "whatsapp",
  content: whatsappContent,
  parts(content) {
    const message = content as WhatsappContent;
    return message.type === "read" ? { action: message } : partsOf(message);
  },
};

/** The rows have the types and texts of the same messages when they are received. */
function partsOf(message: WhatsappMessage): MessagePart[] {
  switch (message.type) {
    case "text": {
      const { text, replyTo, ...rest } = message;
      return splitText(text, MAX_TEXT).map((chunk, index) =>
        part("text", chunk, { ...rest, text: chunk, ...(index === 0 ? { replyTo } : {}) }),
      );
    }
    case "image":
    case "video":
    case "document":
      return [part(message.type, message.caption, message)];
    case "audio":
    case "sticker":
      return [part(message.type, undefined, message)];
    case "location":
    case "contacts":
      return [part(message.type, contentOf({ type: message.type, [message.type]: partIn(message) }, []).body, message)];
    case "buttons":
    case "list":
      return [part("interactive", message.text, message)];
    case "template":
      return [part("template", templateText(message), message)];
    case "reaction":
      return [{ type: "reaction", body: message.emoji || undefined, replyTo: message.messageId, content: message }];
  }
}

/** The row holds the reply, so the content does not. */
function part(
  type: string,
  body: string | undefined,
  { replyTo, ...content }: Exclude<WhatsappMessage, { type: "reaction" }> & { replyTo?: string | undefined },
): MessagePart {
  return { type, body, replyTo, content };
}

/** The part of Meta's message that has the name of the message's type. */
function partIn(message: Extract<WhatsappMessage, { type: "location" | "contacts" }>): unknown {
  return message.type === "contacts" ? message.contacts : message;
}

/** The name of a template and its values. Meta has the text of the template. */
function templateText({ name, components = [] }: Extract<WhatsappMessage, { type: "template" }>): string {
  const values = components.flatMap(({ parameters = [] }) => parameters.map(({ text }) => text));
  const texts = values.filter((value) => typeof value === "string" && value !== "");
  return texts.length === 0 ? name : `${name}: ${texts.join(", ")}`;
}
