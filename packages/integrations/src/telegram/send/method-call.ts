import type { Opts } from "@grammyjs/types";
import type { OutgoingMedia } from "../../shared/send/outgoing-media.ts";
import type { MethodCall } from "../api/call.ts";
import type { TelegramMessageContent } from "./content.ts";
import { markupOf } from "./keyboard.ts";

/** The parameters that all send methods share. */
export type Target = Pick<Opts<File>["sendMessage"], "chat_id" | "business_connection_id" | "reply_parameters">;

type Album = Extract<TelegramMessageContent, { type: "album" }>;

/**
 * The call that sends a message: https://core.telegram.org/bots/api#available-methods
 * @param fileFor returns the file of a message or of an album item
 */
export async function methodCallOf(
  content: TelegramMessageContent,
  target: Target,
  fileFor: (media: OutgoingMedia, type: string) => Promise<File | string>,
): Promise<MethodCall> {
  if (content.type === "album")
    return { method: "sendMediaGroup", params: { ...target, media: await itemsOf(content, fileFor) } };
  const common = { ...target, ...(content.keyboard ? { reply_markup: markupOf(content.keyboard) } : {}) };
  if (content.type === "location") {
    const { latitude, longitude } = content;
    return { method: "sendLocation", params: { ...common, latitude, longitude } };
  }
  const formatted = { ...common, ...(content.parseMode ? { parse_mode: content.parseMode } : {}) };
  if (content.type === "text")
    return {
      method: "sendMessage",
      params: {
        ...formatted,
        text: content.text,
        ...(content.linkPreview === false ? { link_preview_options: { is_disabled: true } } : {}),
        ...(content.silent ? { disable_notification: true } : {}),
      },
    };
  const file = await fileFor(content.media, content.type);
  const captioned = { ...formatted, ...(content.caption === undefined ? {} : { caption: content.caption }) };
  switch (content.type) {
    case "image":
      return { method: "sendPhoto", params: { ...captioned, photo: file } };
    case "document":
      return { method: "sendDocument", params: { ...captioned, document: file } };
    case "audio":
      return { method: "sendAudio", params: { ...captioned, audio: file } };
    case "video":
      return { method: "sendVideo", params: { ...captioned, video: file } };
    case "voice":
      return { method: "sendVoice", params: { ...captioned, voice: file } };
  }
}

/** https://core.telegram.org/bots/api#inputmedia */
async function itemsOf(
  { items }: Album,
  fileFor: (media: OutgoingMedia, type: string) => Promise<File | string>,
): Promise<Opts<File>["sendMediaGroup"]["media"]> {
  const media = [];
  for (const { type, media: file, caption } of items)
    media.push({
      type: type === "image" ? "photo" : type,
      media: await fileFor(file, type),
      ...(caption === undefined ? {} : { caption }),
    });
  // The content's schema allows only the combinations of this type.
  return media as Opts<File>["sendMediaGroup"]["media"];
}
