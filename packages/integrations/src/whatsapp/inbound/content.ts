import type { Media } from "@millrace/core";
import { z } from "zod";
import { parsePayload } from "../../shared/parse-payload.ts";
import { isObject } from "../../shared/json-value.ts";
import { mediaPart, voicePart } from "./message-media.ts";
import { optionalId, optionalText } from "./schema.ts";

/** What is in a message: its type, the text that a person would read, its media. */
type Content = { type: string; body?: string | undefined; media?: Media | undefined };

/** Numbers by Meta's pages, texts by some senders. */
const coordinate = z.union([z.number(), z.string()]).optional().catch(undefined);

const textPart = z.looseObject({ body: z.string() }).transform(({ body }) => ({ body }));

const captionPart = z.looseObject({ text: optionalText }).transform(({ text }) => ({ body: text || undefined }));

const locationPart = z
  .looseObject({ name: optionalText, address: optionalText, latitude: coordinate, longitude: coordinate })
  .transform(({ name, address, latitude, longitude }) => ({
    body: joined([name, address], ", ") ?? joined([latitude, longitude], ", "),
  }));

const card = z.looseObject({
  name: z.looseObject({ formatted_name: optionalText, first_name: optionalText }).optional().catch(undefined),
  phones: z
    .array(z.looseObject({ phone: optionalId }))
    .optional()
    .catch(undefined),
});

const contactsPart = z.array(card).transform((cards) => ({
  body: joined(
    cards.map(({ name, phones = [] }) =>
      joined([name?.formatted_name ?? name?.first_name, ...phones.map(({ phone }) => phone)], " "),
    ),
    "\n",
  ),
}));

/** Missing altogether where Meta itself could not read the answer. */
const interactivePart = z
  .looseObject({ type: z.string() })
  .nullish()
  .transform((part) => ({ body: part ? answerIn(part) : undefined }));

/**
 * What each type of message holds under its own name. What is not here is kept as `unsupported`: Meta adds types, and
 * none may be lost.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
const PARTS = new Map<string, z.ZodType<Omit<Content, "type">>>([
  ["text", textPart],
  ["image", mediaPart],
  ["video", mediaPart],
  ["sticker", mediaPart],
  ["document", mediaPart],
  ["audio", mediaPart],
  ["voice", voicePart],
  ["location", locationPart],
  ["contacts", contactsPart],
  ["interactive", interactivePart],
  ["button", captionPart],
  ["order", captionPart],
]);

/**
 * What is in a message.
 * @param path where the message stands in the event's payload
 * @throws ProviderError permanent, when it does not hold what its type says
 */
export function contentOf(message: Record<string, unknown>, path: readonly string[]): Content {
  const name = typeof message["type"] === "string" ? message["type"] : "";
  const part = PARTS.get(name);
  if (!part) return { type: "unsupported" };
  return { type: name === "voice" ? "audio" : name, ...parsePayload(part, message[name], [...path, name]) };
}

/** What was chosen or answered; each kind of interactive message has another name for it. */
function answerIn(interactive: { type: string } & Record<string, unknown>): string | undefined {
  const answer = interactive[interactive.type];
  if (!isObject(answer)) return undefined;
  const words = ["title", "body", "text", "response", "payment_method"].map((name) => answer[name]);
  return words.find((word): word is string => typeof word === "string" && word !== "");
}

function joined(parts: readonly (string | number | undefined)[], separator: string): string | undefined {
  return parts.filter((part) => part !== undefined && part !== "").join(separator) || undefined;
}
