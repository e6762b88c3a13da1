import { z } from "zod";
import { outgoingMedia } from "../../shared/send/outgoing-media.ts";
import { textField } from "../../shared/send/text-field.ts";
import { contactCard } from "./contact-card.ts";
import { buttonsMessage, listMessage } from "./interactive.ts";
import { messageId, replyTo } from "./reply-to.ts";

/** The longest text: ten messages. */
const MAX_TEXT = 40_960;

const text = z.strictObject({
  type: z.literal("text"),
  text: textField(MAX_TEXT).meta({ description: "A text of more than 4,096 characters becomes several messages." }),
  previewUrl: z.boolean().optional().meta({ description: "Whether the first link has a preview." }),
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
  .meta({ description: "An audio file, at most 16 MB." });

const sticker = z
  .strictObject({ type: z.literal("sticker"), media: outgoingMedia, replyTo })
  .meta({ description: "A WebP image, at most 100 KB, or 500 KB if it is animated." });

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
      .meta({ description: "The values of its variables, in the format of Meta's messages API." }),
  })
  .meta({ description: "An approved template. After 24 hours only a template can be sent." });

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const reaction = z
  .strictObject({
    type: z.literal("reaction"),
    messageId: messageId.meta({ description: "External id (wamid) of the message to react to." }),
    emoji: z
      .string()
      .max(64, "must be at most 64 characters")
      .regex(/^$|\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3/u, "must be an emoji")
      .refine((emoji) => [...graphemes.segment(emoji)].length <= 1, "must be one emoji")
      .meta({ description: "An empty string removes the reaction." }),
  })
  .meta({ description: "A reaction to a message." });

const location = z.strictObject({
  type: z.literal("location"),
  latitude: z.number().min(-90, "must be at least -90").max(90, "must be at most 90"),
  longitude: z.number().min(-180, "must be at least -180").max(180, "must be at most 180"),
  name: textField(1000).optional(),
  address: textField(1000).optional().meta({ description: "Shown only with a name." }),
  replyTo,
});

const contacts = z.strictObject({
  type: z.literal("contacts"),
  contacts: z.array(contactCard).min(1, "must have at least 1 contact").max(257, "must have at most 257 contacts"),
  replyTo,
});

/** An action in a chat, which is not a message. */
export const readAction = z
  .strictObject({
    type: z.literal("read"),
    messageId: messageId.meta({ description: "External id (wamid) of a received message." }),
    typing: z
      .boolean()
      .optional()
      .meta({ description: "Also shows the typing indicator, for 25 seconds or until a message is sent." }),
  })
  .meta({ description: "Marks a message and those before it as read. It is not a message." });

const messages = [
  text,
  file("image", "A JPEG or PNG image, at most 5 MB."),
  file("video", "An MP4 or 3GPP video, at most 16 MB."),
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

/** One message to send; the `content` of its row. */
export const whatsappMessage = z.discriminatedUnion("type", messages);

/** See {@link whatsappMessage}. */
export type WhatsappMessage = z.output<typeof whatsappMessage>;

/** A content that callers and the AI can send on WhatsApp. */
export const whatsappContent = z.discriminatedUnion("type", [...messages, readAction]);

/** See {@link whatsappContent}. */
export type WhatsappContent = z.output<typeof whatsappContent>;
