import { type OutboundContext, permanent, ProviderError } from "@millrace/core";
import type { OutgoingMedia } from "../../shared/send/outgoing-media.ts";
import { LINK_REJECTED } from "../api/descriptions.ts";

const MEBIBYTE = 1024 * 1024;

/** The largest uploads, in bytes: https://core.telegram.org/bots/api#sending-files */
const MAX_BYTES = { image: 10 * MEBIBYTE, other: 50 * MEBIBYTE };

/** The memory that is left for the files of one call. */
export type MemoryBudget = { bytes: number };

/** The memory budget of one call. Without it, an album of ten large files would need 500 MB. */
export function createMemoryBudget(): MemoryBudget {
  return { bytes: 100 * MEBIBYTE };
}

/**
 * A file as a parameter of a method: its id, its link, or the file to upload.
 * @param type of the message or album item
 * @param uploadLinks whether the file of a link is downloaded and uploaded
 * @param budget is reduced by the size of the file
 * @throws ProviderError permanent if the file cannot be read or is too large
 */
export async function fileFor(
  media: OutgoingMedia,
  type: string,
  uploadLinks: boolean,
  context: OutboundContext,
  budget: MemoryBudget,
): Promise<File | string> {
  if (media.id !== undefined) return media.id;
  if (media.link !== undefined && !uploadLinks) return media.link;
  const maxBytes = Math.min(type === "image" ? MAX_BYTES.image : MAX_BYTES.other, budget.bytes);
  const { chunks, mimeType } = await contentOf(media, maxBytes, context);
  const parts = await readAtMost(maxBytes, chunks);
  for (const { byteLength } of parts) budget.bytes -= byteLength;
  return new File(parts, media.filename ?? nameFor(media, type, mimeType), { type: mimeType ?? "" });
}

type Content = { chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>; mimeType: string | undefined };

async function contentOf(media: OutgoingMedia, maxBytes: number, context: OutboundContext): Promise<Content> {
  if (media.link !== undefined) return downloadLink(media.link, media.mimeType, maxBytes, context);
  if (media.stored === undefined)
    return { chunks: [Buffer.from(media.data ?? "", "base64")], mimeType: media.mimeType };
  const { bytes, mimeType } = await context.media.read(media.stored);
  return { chunks: [bytes], mimeType: media.mimeType ?? mimeType };
}

/** Downloads a link. The caller chose the link, so it must not lead into a private network. */
async function downloadLink(
  url: string,
  mimeType: string | undefined,
  maxBytes: number,
  { download, signal }: OutboundContext,
): Promise<Content> {
  const response = await orLinkError(download({ method: "GET", url, publicOnly: { except: [] } }, signal));
  if (!response.body) throw linkError(`HTTP ${response.status}`);
  if (Number(response.headers["content-length"]) > maxBytes) {
    for await (const _ of response.body) break;
    throw tooLarge(maxBytes);
  }
  return { chunks: response.body, mimeType: mimeType ?? response.headers["content-type"] };
}

async function readAtMost(maxBytes: number, chunks: Content["chunks"]): Promise<Uint8Array<ArrayBuffer>[]> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const read = async () => {
    for await (const chunk of chunks) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      parts.push(new Uint8Array(chunk));
    }
  };
  await orLinkError(read());
  return parts;
}

/** Turns a temporary error of a download into a permanent one: nothing was sent, and retries would delay the chat for hours. */
async function orLinkError<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof ProviderError && error.next.kind !== "permanent") throw linkError(error.code ?? "no response");
    throw error;
  }
}

function linkError(reason: string): ProviderError {
  return permanent(`neither Telegram nor Millrace can fetch the link (${reason})`, LINK_REJECTED);
}

function tooLarge(maxBytes: number): ProviderError {
  const limit = Math.floor(maxBytes / MEBIBYTE);
  return permanent(`the file is larger than the limit of ${limit} MB`, "too_large");
}

/** The file name of the link, or else a name with the extension of the MIME type: `audio.mpeg`. */
function nameFor({ link }: OutgoingMedia, type: string, mimeType: string | undefined): string {
  const own = link === undefined ? undefined : new URL(link).pathname.split("/").at(-1);
  if (own) return own;
  const extension = /\/([a-z0-9]{2,5})(?:;|$)/.exec(mimeType ?? "")?.[1];
  return extension === undefined ? type : `${type}.${extension}`;
}
