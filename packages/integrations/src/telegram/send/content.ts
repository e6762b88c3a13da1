import { z } from "zod";
import { outgoingMedia } from "../../shared/send/outgoing-media.ts";
import { textField } from "../../shared/send/text-field.ts";
import { keyboard } from "./keyboard.ts";

/** Longest caption, in UTF-16 code units; Telegram counts what is left of it after parsing. */
export const MAX_CAPTION = 1024;

/** Longest text that is taken, ten messages of it. */
const MAX_TEXT = 40_960;

const words = textField(MAX_TEXT);

const parseMode = z
  .enum(["HTML", "MarkdownV2", "Markdown"], "must be HTML, MarkdownV2 or Markdown")
  .optional()
  .meta({ description: "How the text is marked up. Where it does not parse, it is sent as it is written." });

const replyTo = z
  .string()
  .regex(/^-?\d{1,18}\/\d{1,18}$/, "must be <chat id>/<message id>, the external id of a message")
  .optional()
  .meta({ description: "External id of the message that it answers. Where that is gone, it is sent as no answer." });

const reply = { replyTo, keyboard: keyboard.optional() };

const text = z.strictObject({
  type: z.literal("text"),
  text: words.meta({ description: "Longer than 4,096 characters it becomes several messages, cut between words." }),
  parseMode,
  ...reply,
  linkPreview: z.boolean().optional().meta({ description: "Whether a link in it is shown with a preview." }),
  silent: z.boolean().optional().meta({ description: "Whether it arrives without a sound." }),
});

function file<Type extends string>(type: Type, description: string) {
  return z
    .strictObject({
      type: z.literal(type),
      media: outgoingMedia,
      caption: words
        .optional()
        .meta({ description: `Longer than ${MAX_CAPTION} characters it follows as a text of its own.` }),
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
        "documents and audio files go in albums of their own; images and videos may be mixed",
      ),
    replyTo,
  })
  .meta({ description: "Images and videos, or documents alone, or audio files alone, shown together." });

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
  .meta({ description: "Shows for five seconds what the bot is doing. No message." });

const messages = [
  text,
  file("image", "A picture, at most 10 MB."),
  file("document", "A file of any kind, at most 50 MB."),
  file("audio", "Music, MP3 or M4A, at most 50 MB."),
  file("video", "An MPEG-4 video, at most 50 MB."),
  file("voice", "A voice note: OGG with Opus, MP3 or M4A, at most 50 MB."),
  location,
  album,
] as const;

/** One message as it is sent; what a row's `content` is. */
export const telegramMessage = z.discriminatedUnion("type", messages);

/** See {@link telegramMessage}. */
export type TelegramMessageContent = z.output<typeof telegramMessage>;

/** What can be sent on Telegram, as callers and the AI write it. */
export const telegramContent = z.discriminatedUnion("type", [...messages, chatAction]);

/** See {@link telegramContent}. */
export type TelegramContent = z.output<typeof telegramContent>;
