import { type Media, parsePayload } from "@millrace/core";
import { z } from "zod";
import { isObject } from "../../shared/json-value.ts";
import { mediaPart, voicePart } from "./message-media.ts";
import { optionalId, optionalText } from "./schema.ts";

/** The content of a message: its type, its plain text and its media. */
type Content = { type: string; body?: string | undefined; media?: Media | undefined };

/** Meta documents numbers; some senders use strings. */
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

/** Absent if Meta could not read the answer. */
const interactivePart = z
  .looseObject({ type: z.string() })
  .nullish()
  .transform((part) => ({ body: part ? answerIn(part) : undefined }));

/**
 * The content under the name of each type. Other types become `unsupported`: Meta adds types, and no message may be
 * lost.
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
 * Reads the content of a message.
 * @param path the path of the message in the event's payload
 * @throws ProviderError permanent, if the content does not match the type
 */
export function contentOf(message: Record<string, unknown>, path: readonly string[]): Content {
  const name = typeof message["type"] === "string" ? message["type"] : "";
  const part = PARTS.get(name);
  if (!part) return { type: "unsupported" };
  return { type: name === "voice" ? "audio" : name, ...parsePayload(part, message[name], [...path, name]) };
}

/** The chosen option or the answer. Each kind of interactive message has another field for it. */
function answerIn(interactive: { type: string } & Record<string, unknown>): string | undefined {
  const answer = interactive[interactive.type];
  if (!isObject(answer)) return undefined;
  const texts = ["title", "body", "text", "response", "payment_method"].map((name) => answer[name]);
  return texts.find((text): text is string => typeof text === "string" && text !== "");
}

function joined(parts: readonly (string | number | undefined)[], separator: string): string | undefined {
  return parts.filter((part) => part !== undefined && part !== "").join(separator) || undefined;
}
