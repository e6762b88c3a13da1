import type { Media } from "@millrace/core";
import { idOf, isObject, listOf } from "../../shared/json-value.ts";
import { stringField } from "./message-body.ts";

/** A file of a message: https://core.telegram.org/bots/api#document and similar types. */
export function fileOf(file: unknown, flavour?: string): Media | undefined {
  const id = isObject(file) ? idOf(file["file_id"]) : undefined;
  if (!isObject(file) || id === undefined) return undefined;
  const size = file["file_size"];
  return {
    id,
    mimeType: stringField(file, "mime_type"),
    filename: stringField(file, "file_name"),
    sizeBytes: typeof size === "number" ? size : undefined,
    flavour,
  };
}

/** The largest size of a photo: https://core.telegram.org/bots/api#photosize */
export function photoOf(sizes: unknown): Media | undefined {
  const area = ({ width, height }: Record<string, unknown>) => Number(width) * Number(height) || 0;
  const [largest] = listOf(sizes)
    .filter(isObject)
    .toSorted((one, two) => area(two) - area(one));
  return fileOf(largest);
}

/** The image of a sticker, which can be animated: https://core.telegram.org/bots/api#sticker */
export function stickerOf(sticker: unknown): Media | undefined {
  if (!isObject(sticker)) return undefined;
  const video = sticker["is_video"] ? "video" : undefined;
  return fileOf(sticker, sticker["is_animated"] ? "animated" : video);
}
