import { type OutboundContext, permanent, ProviderError } from "@millrace/core";
import type { OutgoingMedia } from "../../shared/send/outgoing-media.ts";
import { LINK_REFUSED } from "../api/descriptions.ts";

const MEBIBYTE = 1024 * 1024;

/** Largest uploads: https://core.telegram.org/bots/api#sending-files */
const MAX_BYTES = { image: 10 * MEBIBYTE, other: 50 * MEBIBYTE };

/** What is still free of the memory that the files of one call may take. */
export type Room = { bytes: number };

/** Room for the files of one call: an album's ten at their largest would be 500 MB. */
export function roomForFiles(): Room {
  return { bytes: 100 * MEBIBYTE };
}

/**
 * A file as a method takes it: its id, its link, or the file itself for uploading.
 * @param type of the message or the album's item
 * @param uploadLinks whether a link is fetched and uploaded instead of being handed on
 * @param room is made smaller by what it reads
 * @throws ProviderError permanent when it cannot be read, or is too large
 */
export async function fileFor(
  media: OutgoingMedia,
  type: string,
  uploadLinks: boolean,
  context: OutboundContext,
  room: Room,
): Promise<File | string> {
  if (media.id !== undefined) return media.id;
  if (media.link !== undefined && !uploadLinks) return media.link;
  const maxBytes = Math.min(type === "image" ? MAX_BYTES.image : MAX_BYTES.other, room.bytes);
  const { chunks, mimeType } = await contentOf(media, maxBytes, context);
  const parts = await upTo(maxBytes, chunks);
  for (const { byteLength } of parts) room.bytes -= byteLength;
  return new File(parts, media.filename ?? nameFor(media, type, mimeType), { type: mimeType ?? "" });
}

type Content = { chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>; mimeType: string | undefined };

async function contentOf(media: OutgoingMedia, maxBytes: number, context: OutboundContext): Promise<Content> {
  if (media.link !== undefined) return fetched(media.link, media.mimeType, maxBytes, context);
  if (media.stored === undefined)
    return { chunks: [Buffer.from(media.data ?? "", "base64")], mimeType: media.mimeType };
  const { bytes, mimeType } = await context.media.read(media.stored);
  return { chunks: [bytes], mimeType: media.mimeType ?? mimeType };
}

/** What a link gives. Whoever wrote the message chose it, so it must not lead into our own network. */
async function fetched(
  url: string,
  mimeType: string | undefined,
  maxBytes: number,
  { download, signal }: OutboundContext,
): Promise<Content> {
  const response = await orRefusal(download({ method: "GET", url, publicOnly: { except: [] } }, signal));
  if (!response.body) throw refused(`HTTP ${response.status}`);
  if (Number(response.headers["content-length"]) > maxBytes) {
    for await (const _ of response.body) break;
    throw tooLarge(maxBytes);
  }
  return { chunks: response.body, mimeType: mimeType ?? response.headers["content-type"] };
}

async function upTo(maxBytes: number, chunks: Content["chunks"]): Promise<Uint8Array<ArrayBuffer>[]> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const read = async () => {
    for await (const chunk of chunks) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      parts.push(new Uint8Array(chunk));
    }
  };
  await orRefusal(read());
  return parts;
}

/** Neither Telegram nor we get the file: nothing was sent, and trying the link for hours would hold the chat up. */
async function orRefusal<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ProviderError && error.next.kind !== "permanent") throw refused(error.code ?? "no answer");
    throw error;
  }
}

function refused(why: string): ProviderError {
  return permanent(`neither Telegram nor we can fetch the link (${why})`, LINK_REFUSED);
}

function tooLarge(maxBytes: number): ProviderError {
  const most = Math.floor(maxBytes / MEBIBYTE);
  return permanent(`the file is larger than can be sent here, which is ${most} MB`, "too_large");
}

/** The link's own file name, else one of the type: `audio.mpeg`. */
function nameFor({ link }: OutgoingMedia, type: string, mimeType: string | undefined): string {
  const own = link === undefined ? undefined : new URL(link).pathname.split("/").at(-1);
  if (own) return own;
  const ending = /\/([a-z0-9]{2,5})(?:;|$)/.exec(mimeType ?? "")?.[1];
  return ending === undefined ? type : `${type}.${ending}`;
}
