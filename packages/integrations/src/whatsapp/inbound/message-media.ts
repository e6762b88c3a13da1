import { z } from "zod";
import { optionalId, optionalText } from "./schema.ts";

const optionalFlag = z.boolean().optional().catch(undefined);

const media = z.looseObject({
  id: optionalId,
  mime_type: optionalText,
  sha256: optionalText,
  filename: optionalText,
  caption: optionalText,
  voice: optionalFlag,
  animated: optionalFlag,
});

/**
 * The part of a message that announces media. Its file can be fetched for seven days. If WhatsApp could not process the
 * file (error 131052), the id or the whole part is absent, and the message is still valid.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */
export const mediaPart = media.nullish().transform((part) => {
  if (!part) return {};
  const { id, mime_type: mimeType, sha256, filename, caption: body } = part;
  const flavour = part.voice ? "voice" : part.animated ? "animated" : undefined;
  return id === undefined ? { body } : { body, media: { id, mimeType, sha256, filename, flavour } };
});

/** A voice note from a sender that uses the type `voice` for it. */
export const voicePart = mediaPart.transform((part) =>
  part.media ? { ...part, media: { ...part.media, flavour: "voice" } } : part,
);
