import { z } from "zod";
import type { MediaStore } from "@millrace/core";
import { isObject } from "../json-value.ts";

/** Largest file in bytes that a request may bring along; larger ones go by link or from the media store. */
const MAX_INLINE_BYTES = 5_000_000;

const filename = z.string().min(1).max(240).optional().meta({ description: "The name that the other side sees." });
const mimeType = z.string().regex(/^[\w.+-]+\/[\w.+-]+(;.*)?$/, "must be a MIME type such as image/jpeg");

/**
 * A file to send, in one of four ways: by a link that the platform fetches, by the platform's own id, by its key in
 * Millrace's media store, or as base64 in the request itself.
 */
export const outgoingMedia = z
  .strictObject({
    link: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).optional(),
    id: z.string().min(1).optional().meta({ description: "The platform's id of a file it has already." }),
    stored: z.string().min(1).optional().meta({ description: "The file's key in the media store." }),
    data: z
      .base64("must be base64")
      .min(1, "must not be empty")
      .max(Math.ceil(MAX_INLINE_BYTES / 3) * 4, `must be at most ${MAX_INLINE_BYTES} bytes; send larger files by link`)
      .optional(),
    mimeType: mimeType.optional().meta({ description: "Needed with `data`." }),
    filename,
  })
  .superRefine((media, context) => {
    const ways = (["link", "id", "stored", "data"] as const).filter((way) => media[way] !== undefined);
    if (ways.length !== 1) context.addIssue("must have exactly one of link, id, stored and data");
    if (media.data !== undefined && media.mimeType === undefined)
      context.addIssue({ code: "custom", path: ["mimeType"], message: "is needed with data" });
  })
  .meta({ description: "A file, by exactly one of `link`, `id`, `stored` and `data`." });

/** See {@link outgoingMedia}. */
export type OutgoingMedia = z.output<typeof outgoingMedia>;

/**
 * Moves files that a request brought along into the media store, so that neither the queue nor Postgres keeps their
 * bytes once it is done: `media` of the content, and of each of its `items`. Repeating it under the same key writes the same file.
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
