import { type OutboundContext, permanent, ProviderError } from "@millrace/core";
import type { OutgoingMedia } from "../../shared/send/outgoing-media.ts";
import { idOf, isObject } from "../../shared/json-value.ts";
import { callGraph, type NumberAccess } from "../api/call.ts";
import { type CallOrigin, unreadable } from "../api/failure.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** The largest file of each type, in bytes: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media */
const MAX_BYTES = {
  image: 5 * MIB,
  video: 16 * MIB,
  audio: 16 * MIB,
  document: 100 * MIB,
  // The limit of an animated sticker. WhatsApp checks the limit of 100 KB for other stickers.
  sticker: 500 * KIB,
};

/** The types of messages that have a file. */
export type FileType = keyof typeof MAX_BYTES;

/** A file in the format of the messages API. */
export type GraphFile = { id: string } | { link: string };

/**
 * A file to send: its id, its link, or the id of its upload. A retried message uploads the file again. WhatsApp deletes
 * the unused copy after 30 days.
 * @throws ProviderError permanent if the file is too large; never uncertain, because nothing is sent yet
 */
export async function fileFor(
  media: OutgoingMedia,
  type: FileType,
  access: NumberAccess,
  origin: CallOrigin,
  context: OutboundContext,
): Promise<GraphFile> {
  if (media.id !== undefined) return { id: media.id };
  if (media.link !== undefined) return { link: media.link };
  if (media.stored === undefined) throw permanent("the message has no file", "no_file");
  const { bytes, mimeType: storedType } = await context.media.read(media.stored);
  const maxBytes = MAX_BYTES[type];
  if (bytes.byteLength > maxBytes)
    throw permanent(`the file is larger than WhatsApp's limit of ${sizeOf(maxBytes)} for type ${type}`, "too_large");
  const mimeType = media.mimeType ?? storedType;
  if (mimeType === undefined) throw permanent("the file has no MIME type: set `mimeType`", "no_type");
  const form = new FormData();
  form.set("messaging_product", "whatsapp");
  form.set("type", mimeType);
  form.set("file", new File([new Uint8Array(bytes)], media.filename ?? type, { type: mimeType }));
  return { id: await upload(form, access, origin, context) };
}

async function upload(form: FormData, access: NumberAccess, origin: CallOrigin, context: OutboundContext) {
  try {
    const path = `${encodeURIComponent(access.phoneNumberId)}/media`;
    const response = await callGraph(access, { path, body: form }, origin, context);
    const id = isObject(response) ? idOf(response["id"]) : undefined;
    if (id === undefined) throw unreadable();
    return id;
  } catch (error) {
    if (!(error instanceof ProviderError) || !error.uncertain) throw error;
    const code = error.code === undefined ? {} : { code: error.code };
    throw new ProviderError(error.message, error.next, { ...code, cause: error });
  }
}

function sizeOf(bytes: number): string {
  return bytes >= MIB ? `${bytes / MIB} MB` : `${bytes / KIB} KB`;
}
