import { z } from "zod";
import { outgoingMedia } from "../../shared/send/outgoing-media.ts";
import { textField } from "../../shared/send/text-field.ts";
import { contactCard } from "./contact-card.ts";
import { buttonsMessage, listMessage } from "./interactive.ts";
import { messageId, replyTo } from "./reply-to.ts";

/** Longest text that is taken, ten messages of it. */
const MAX_TEXT = 40_960;

const text = z.strictObject({
  type: z.literal("text"),
  text: textField(MAX_TEXT).meta({ description: "Longer than 4,096 characters it becomes several messages." }),
  previewUrl: z.boolean().optional().meta({ description: "Whether the first link in it is shown with a preview." }),
  replyTo,
});

const caption = textField(1024).optional();

function file<Type extends string>(type: Type, description: string) {
  return z.strictObject({ type: z.literal(type), media: outgoingMedia, caption, replyTo }).meta({ description });
}

const audio = z
  .strictObject({
    type: z.literal("audio"),
    media: outgoingMedia,
    voice: z.boolean().optional().meta({ description: "A voice note: OGG with Opus, best below 512 KB." }),
    replyTo,
  })
  .meta({ description: "A sound, at most 16 MB." });

const sticker = z
  .strictObject({ type: z.literal("sticker"), media: outgoingMedia, replyTo })
  .meta({ description: "A WebP picture, at most 100 KB, or 500 KB where it moves." });

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview */
const template = z
  .strictObject({
    type: z.literal("template"),
    name: textField(512),
    language: z
      .string()
      .regex(/^[a-z]{2,3}(?:_[A-Za-z0-9]{2,4})?$/, "must be a language code such as en_US")
      .meta({ examples: ["en_US"] }),
    components: z
      .array(
        z.looseObject({ type: z.string().min(1), parameters: z.array(z.looseObject({ type: z.string() })).optional() }),
      )
      .optional()
      .meta({ description: "Values of its variables, as Meta's messages API takes them." }),
  })
  .meta({ description: "An approved template, the only thing that can be sent when 24 hours have passed." });

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const reaction = z
  .strictObject({
    type: z.literal("reaction"),
    messageId: messageId.meta({ description: "External id (wamid) of the message that it is given to." }),
    emoji: z
      .string()
      .max(64, "must be at most 64 characters")
      .regex(/^$|\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3/u, "must be an emoji")
      .refine((emoji) => [...graphemes.segment(emoji)].length <= 1, "must be one emoji")
      .meta({ description: "Empty to take it back." }),
  })
  .meta({ description: "An emoji at a message." });

const location = z.strictObject({
  type: z.literal("location"),
  latitude: z.number().min(-90, "must be at least -90").max(90, "must be at most 90"),
  longitude: z.number().min(-180, "must be at least -180").max(180, "must be at most 180"),
  name: textField(1000).optional(),
  address: textField(1000).optional().meta({ description: "Shown where there is a name." }),
  replyTo,
});

const contacts = z.strictObject({
  type: z.literal("contacts"),
  contacts: z.array(contactCard).min(1, "must have at least 1 contact").max(257, "must have at most 257 contacts"),
  replyTo,
});

/** What is done in a chat and is no message. */
export const readAction = z
  .strictObject({
    type: z.literal("read"),
    messageId: messageId.meta({ description: "External id (wamid) of a message of the other side." }),
    typing: z
      .boolean()
      .optional()
      .meta({ description: "Also shows that somebody is typing, for 25 seconds or until a message is sent." }),
  })
  .meta({ description: "Marks a message, and those before it, as read. No message." });

const messages = [
  text,
  file("image", "A JPEG or PNG picture, at most 5 MB."),
  file("video", "A video, MP4 or 3GPP, at most 16 MB."),
  file("document", "A file of any kind, at most 100 MB."),
  audio,
  sticker,
  template,
  buttonsMessage,
  listMessage,
  reaction,
  location,
  contacts,
] as const;

/** One message as it is sent; what a row's `content` is. */
export const whatsappMessage = z.discriminatedUnion("type", messages);

/** See {@link whatsappMessage}. */
export type WhatsappMessage = z.output<typeof whatsappMessage>;

/** What can be sent on WhatsApp, as callers and the AI write it. */
export const whatsappContent = z.discriminatedUnion("type", [...messages, readAction]);

/** See {@link whatsappContent}. */
export type WhatsappContent = z.output<typeof whatsappContent>;
