import type { OutgoingMedia } from "../../shared/send/outgoing-media.ts";
import type { WhatsappMessage } from "./content.ts";
import type { FileType, GraphFile } from "./upload.ts";

/** Returns a file of a message in the API's format. */
type FileFor = (media: OutgoingMedia, type: FileType) => Promise<GraphFile>;

/**
 * A message in the format of the messages API: its type, and the object with the name of the type.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#message-types
 */
export async function graphMessageOf(
  message: WhatsappMessage,
  fileFor: FileFor,
): Promise<Record<string, unknown> & { type: string }> {
  switch (message.type) {
    case "text":
      return { type: "text", text: { body: message.text, ...defined({ preview_url: message.previewUrl }) } };
    case "image":
    case "video":
    case "document": {
      const { type, media, caption } = message;
      const filename = type === "document" ? media.filename : undefined;
      return { type, [type]: { ...(await fileFor(media, type)), ...defined({ caption, filename }) } };
    }
    case "audio":
      return {
        type: "audio",
        audio: { ...(await fileFor(message.media, "audio")), ...defined({ voice: message.voice }) },
      };
    case "sticker":
      return { type: "sticker", sticker: await fileFor(message.media, "sticker") };
    case "template": {
      const { name, language, components } = message;
      return { type: "template", template: { name, language: { code: language }, ...defined({ components }) } };
    }
    case "buttons":
    case "list":
      return { type: "interactive", interactive: await interactiveOf(message, fileFor) };
    case "reaction":
      return { type: "reaction", reaction: { message_id: message.messageId, emoji: message.emoji } };
    case "location": {
      const { latitude, longitude, name, address } = message;
      return { type: "location", location: { latitude, longitude, ...defined({ name, address }) } };
    }
    case "contacts":
      return { type: "contacts", contacts: message.contacts };
  }
}

type Interactive = Extract<WhatsappMessage, { type: "buttons" | "list" }>;

async function interactiveOf(message: Interactive, fileFor: FileFor) {
  const { text, header, footer } = message;
  return {
    ...(message.type === "buttons"
      ? { type: "button", action: { buttons: message.buttons.map((reply) => ({ type: "reply", reply })) } }
      : { type: "list", action: { button: message.button, sections: message.sections } }),
    ...(header === undefined ? {} : { header: await headerOf(header, fileFor) }),
    body: { text },
    ...(footer === undefined ? {} : { footer: { text: footer } }),
  };
}

async function headerOf(header: NonNullable<Interactive["header"]>, fileFor: FileFor) {
  if (typeof header === "string") return { type: "text", text: header };
  const { type, media } = header;
  const filename = type === "document" ? media.filename : undefined;
  return { type, [type]: { ...(await fileFor(media, type)), ...defined({ filename }) } };
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
