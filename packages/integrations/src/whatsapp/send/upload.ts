import { type OutboundContext, permanent, ProviderError } from "@millrace/core";
import type { OutgoingMedia } from "../../shared/send/outgoing-media.ts";
import { idOf, isObject } from "../../shared/json-value.ts";
import { callGraph, type NumberAccess } from "../api/call.ts";
import { type CallOrigin, unreadable } from "../api/failure.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Largest file of each type in bytes: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media */
const MAX_BYTES = {
  image: 5 * MIB,
  video: 16 * MIB,
  audio: 16 * MIB,
  document: 100 * MIB,
  // What moves; what does not may have 100 KB, which WhatsApp sees to.
  sticker: 500 * KIB,
};

/** Types of message that have a file. */
export type FileType = keyof typeof MAX_BYTES;

/** A file as the messages API takes it. */
export type GraphFile = { id: string } | { link: string };

/**
 * A file for sending: its id, its link, or the id it is given by uploading it. A message that is tried again uploads
 * it again: WhatsApp forgets it after 30 days, and a second copy is seen by nobody.
 * @throws ProviderError permanent when it is larger than WhatsApp takes; never an uncertain one, for nothing is sent yet
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
  if (media.stored === undefined) throw permanent("the message names no file", "no_file");
  const { bytes, mimeType: storedType } = await context.media.read(media.stored);
  const most = MAX_BYTES[type];
  if (bytes.byteLength > most)
    throw permanent(`the file is larger than WhatsApp takes as ${type}, which is ${sizeOf(most)}`, "too_large");
  const mimeType = media.mimeType ?? storedType;
  if (mimeType === undefined) throw permanent("nothing tells the file's MIME type: send it as `mimeType`", "no_type");
  const form = new FormData();
  form.set("messaging_product", "whatsapp");
  form.set("type", mimeType);
  form.set("file", new File([new Uint8Array(bytes)], media.filename ?? type, { type: mimeType }));
  return { id: await upload(form, access, origin, context) };
}

async function upload(form: FormData, access: NumberAccess, origin: CallOrigin, context: OutboundContext) {
  try {
    const path = `${encodeURIComponent(access.phoneNumberId)}/media`;
    const answer = await callGraph(access, { path, body: form }, origin, context);
    const id = isObject(answer) ? idOf(answer["id"]) : undefined;
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
