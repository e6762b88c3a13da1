import { z } from "zod";
import type { MediaStore } from "@millrace/core";
import { isObject } from "../json-value.ts";

/** The largest file inside a request, in bytes. Larger files are sent by link or from the media store. */
const MAX_INLINE_BYTES = 5_000_000;

const filename = z.string().min(1).max(240).optional().meta({ description: "The file name that the recipient sees." });
const mimeType = z.string().regex(/^[\w.+-]+\/[\w.+-]+(;.*)?$/, "must be a MIME type such as image/jpeg");

/**
 * A file to send. It is given by a link that the platform fetches, by the platform's id, by its key in the media store,
 * or as base64 in the request.
 */
export const outgoingMedia = z
  .strictObject({
    link: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).optional(),
    id: z.string().min(1).optional().meta({ description: "The platform's id of a file that was uploaded before." }),
    stored: z.string().min(1).optional().meta({ description: "The file's key in the media store." }),
    data: z
      .base64("must be base64")
      .min(1, "must not be empty")
      .max(Math.ceil(MAX_INLINE_BYTES / 3) * 4, `must be at most ${MAX_INLINE_BYTES} bytes; send larger files by link`)
      .optional(),
    mimeType: mimeType.optional().meta({ description: "Required with `data`." }),
    filename,
  })
  .superRefine((media, context) => {
    const given = (["link", "id", "stored", "data"] as const).filter((name) => media[name] !== undefined);
    if (given.length !== 1) context.addIssue("must have exactly one of link, id, stored and data");
    if (media.data !== undefined && media.mimeType === undefined)
      context.addIssue({ code: "custom", path: ["mimeType"], message: "is required with data" });
  })
  .meta({ description: "A file, given by exactly one of `link`, `id`, `stored` and `data`." });

/** See {@link outgoingMedia}. */
export type OutgoingMedia = z.output<typeof outgoingMedia>;

/**
 * Moves the inline files of a request into the media store, so that neither the queue nor Postgres keeps their bytes.
 * It reads `media` of the content and of each of its `items`. A repeated call with the same key writes the same file.
 */
export async function storeInline(content: unknown, key: string, store: MediaStore): Promise<unknown> {
  if (!isObject(content)) return content;
  const items = content["items"];
  return {
    ...content,
    ...(isObject(content["media"]) ? { media: await storeOne(content["media"], key, store) } : {}),
    ...(Array.isArray(items)
      ? { items: await Promise.all(items.map((item, index) => storeInline(item, `${key}-${index + 1}`, store))) }
      : {}),
  };
}

/** Whether a content contains inline files. */
export function hasInline(content: unknown): boolean {
  if (!isObject(content)) return false;
  const { media, items } = content;
  if (isObject(media) && typeof media["data"] === "string") return true;
  return Array.isArray(items) && items.some(hasInline);
}

async function storeOne(media: Record<string, unknown>, key: string, store: MediaStore): Promise<unknown> {
  const { data, ...rest } = media;
  if (typeof data !== "string") return media;
  const bytes = Buffer.from(data, "base64");
  const type = typeof rest["mimeType"] === "string" ? rest["mimeType"] : undefined;
  const { key: stored } = await store.write(key, single(bytes), { mimeType: type, maxBytes: MAX_INLINE_BYTES });
  return { ...rest, stored };
}

async function* single(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
