import { z } from "zod";
import { outgoingMedia } from "../../shared/send/outgoing-media.ts";
import { textField } from "../../shared/send/text-field.ts";
import { keyboard } from "./keyboard.ts";

/** The longest caption, in UTF-16 code units. Telegram counts the text without its formatting. */
export const MAX_CAPTION = 1024;

/** The longest text: ten messages. */
const MAX_TEXT = 40_960;

const longText = textField(MAX_TEXT);

const parseMode = z
  .enum(["HTML", "MarkdownV2", "Markdown"], "must be HTML, MarkdownV2 or Markdown")
  .optional()
  .meta({ description: "The format of the text. A text that is not valid in it is sent as plain text." });

const replyTo = z
  .string()
  .regex(/^-?\d{1,18}\/\d{1,18}$/, "must be <chat id>/<message id>, the external id of a message")
  .optional()
  .meta({
    description: "External id of the message to reply to. If it does not exist, the message is sent without it.",
  });

const reply = { replyTo, keyboard: keyboard.optional() };

const text = z.strictObject({
  type: z.literal("text"),
  text: longText.meta({ description: "A text of more than 4,096 characters becomes several messages." }),
  parseMode,
  ...reply,
  linkPreview: z.boolean().optional().meta({ description: "Whether links have a preview." }),
  silent: z.boolean().optional().meta({ description: "Whether the message arrives without a sound." }),
});

function file<Type extends string>(type: Type, description: string) {
  return z
    .strictObject({
      type: z.literal(type),
      media: outgoingMedia,
      caption: longText
        .optional()
        .meta({ description: `A caption of more than ${MAX_CAPTION} characters is sent as a text after the file.` }),
      parseMode,
      ...reply,
    })
    .meta({ description });
}

const location = z.strictObject({
  type: z.literal("location"),
  latitude: z.number().min(-90, "must be at least -90").max(90, "must be at most 90"),
  longitude: z.number().min(-180, "must be at least -180").max(180, "must be at most 180"),
  ...reply,
});

const albumItem = z.strictObject({
  type: z.enum(["image", "video", "document", "audio"]),
  media: outgoingMedia,
  caption: textField(MAX_CAPTION).optional(),
});

/** https://core.telegram.org/bots/api#sendmediagroup */
const album = z
  .strictObject({
    type: z.literal("album"),
    items: z
      .array(albumItem)
      .min(2, "must have at least 2 items")
      .max(10, "must have at most 10 items")
      .refine(
        (items) => items.every(({ type }) => family(type) === family(items[0]?.type)),
        "documents and audio files need their own albums; images and videos may be mixed",
      ),
    replyTo,
  })
  .meta({ description: "Files in one group: images and videos, or only documents, or only audio files." });

function family(type: z.output<typeof albumItem>["type"] | undefined) {
  return type === "video" ? "image" : type;
}

/** https://core.telegram.org/bots/api#sendchataction */
const chatAction = z
  .strictObject({
    type: z.literal("chat_action"),
    action: z.enum([
      "typing",
      "upload_photo",
      "record_video",
      "upload_video",
      "record_voice",
      "upload_voice",
      "upload_document",
      "choose_sticker",
      "find_location",
      "record_video_note",
      "upload_video_note",
    ]),
  })
  .meta({ description: "Shows for five seconds what the bot is doing. It is not a message." });

const messages = [
  text,
  file("image", "An image, at most 10 MB."),
  file("document", "A file of any kind, at most 50 MB."),
  file("audio", "Music, MP3 or M4A, at most 50 MB."),
  file("video", "An MPEG-4 video, at most 50 MB."),
  file("voice", "A voice note: OGG with Opus, MP3 or M4A, at most 50 MB."),
  location,
  album,
] as const;

/** One message to send; the `content` of its row. */
export const telegramMessage = z.discriminatedUnion("type", messages);

/** See {@link telegramMessage}. */
export type TelegramMessageContent = z.output<typeof telegramMessage>;

/** A content that callers and the AI can send on Telegram. */
export const telegramContent = z.discriminatedUnion("type", [...messages, chatAction]);

/** See {@link telegramContent}. */
export type TelegramContent = z.output<typeof telegramContent>;
