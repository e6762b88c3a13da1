import type { Media } from "@millrace/core";
import { idOf, isObject, listOf } from "../../shared/json-value.ts";
import { wordsIn } from "./message-body.ts";

/** A file as Telegram announces it: https://core.telegram.org/bots/api#document and the like. */
export function fileOf(file: unknown, flavour?: string): Media | undefined {
  const id = isObject(file) ? idOf(file["file_id"]) : undefined;
  if (!isObject(file) || id === undefined) return undefined;
  const size = file["file_size"];
  return {
    id,
    mimeType: wordsIn(file, "mime_type"),
    filename: wordsIn(file, "file_name"),
    sizeBytes: typeof size === "number" ? size : undefined,
    flavour,
  };
}

/** The largest of the sizes in which a photo comes: https://core.telegram.org/bots/api#photosize */
export function photoOf(sizes: unknown): Media | undefined {
  const area = ({ width, height }: Record<string, unknown>) => Number(width) * Number(height) || 0;
  const [largest] = listOf(sizes)
    .filter(isObject)
    .toSorted((one, two) => area(two) - area(one));
  return fileOf(largest);
}

/** A sticker's picture, which may move: https://core.telegram.org/bots/api#sticker */
export function stickerOf(sticker: unknown): Media | undefined {
  if (!isObject(sticker)) return undefined;
  const moving = sticker["is_video"] ? "video" : undefined;
  return fileOf(sticker, sticker["is_animated"] ? "animated" : moving);
}
