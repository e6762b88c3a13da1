import { type Fields, fieldsOf, textOf } from "../../json-fields.ts";
import type { GraphError } from "../errors.ts";
import { invalidParameter, codeError } from "./errors.ts";
import { validateInteractive } from "./send-interactive.ts";
import { missingParameter, tooLong } from "./send-fields.ts";

/** Whether a file with this media id exists. */
export type HasMedia = (id: string) => boolean;

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages */
const MAX_CALLBACK_DATA = 512;
const MAX_TEXT = 4096;
const MAX_CAPTION = 1024;

/**
 * Returns the error of an invalid send, or undefined for a valid one.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
export function validateSend(body: Fields, hasMedia: HasMedia): GraphError | undefined {
  if (body["messaging_product"] !== "whatsapp") return invalidParameter("The parameter messaging_product is required.");
  if (textOf(body["to"]) === undefined && textOf(body["recipient"]) === undefined)
    return invalidParameter("The parameter to is required.");
  const callbackData = body["biz_opaque_callback_data"];
  if (callbackData !== undefined && typeof callbackData !== "string") return codeError(131009);
  const type = body["type"] ?? "text";
  if (typeof type !== "string" || !(type in CHECKS))
    return invalidParameter(
      `Param type must be one of {${Object.keys(CHECKS).join(", ").toUpperCase()}} - got "${String(type)}".`,
    );
  if (body[type] === undefined) return missingParameter(type);
  if (body["context"] !== undefined && textOf(fieldsOf(body["context"])["message_id"]) === undefined)
    return missingParameter("context['message_id']");
  return (
    tooLong("biz_opaque_callback_data", callbackData, MAX_CALLBACK_DATA) ?? CHECKS[type]?.(body[type], type, hasMedia)
  );
}

type Check = (content: unknown, type: string, hasMedia: HasMedia) => GraphError | undefined;

const CHECKS: Record<string, Check> = {
  audio: media,
  contacts(content) {
    if (!Array.isArray(content) || content.length === 0) return missingParameter("contacts");
    const unnamed = content.findIndex((contact) => !textOf(fieldsOf(fieldsOf(contact)["name"])["formatted_name"]));
    return unnamed < 0 ? undefined : missingParameter(`contacts[${unnamed}]['name']['formatted_name']`);
  },
  document: media,
  image: media,
  interactive: (content) => validateInteractive(fieldsOf(content)),
  location(content) {
    const { latitude, longitude } = fieldsOf(content);
    const outOfRange = (degrees: unknown, max: number) => !(Math.abs(Number(degrees)) <= max);
    if (latitude === undefined) return missingParameter("location['latitude']");
    if (longitude === undefined) return missingParameter("location['longitude']");
    return outOfRange(latitude, 90) || outOfRange(longitude, 180)
      ? codeError(131009, "Location is out of range")
      : undefined;
  },
  reaction(content) {
    const { message_id: id, emoji } = fieldsOf(content);
    if (!textOf(id)) return missingParameter("reaction['message_id']");
    return typeof emoji === "string" ? undefined : missingParameter("reaction['emoji']");
  },
  sticker: media,
  template(content) {
    const { name, language, components } = fieldsOf(content);
    if (!textOf(name)) return missingParameter("template['name']");
    if (!textOf(fieldsOf(language)["code"])) return missingParameter("template['language']['code']");
    if (components !== undefined && !Array.isArray(components))
      return invalidParameter("Param template['components'] must be an array.");
    return name === "no_such_template"
      ? codeError(132001, `template name (${name}) does not exist in ${String(fieldsOf(language)["code"])}`)
      : undefined;
  },
  text(content) {
    const { body } = fieldsOf(content);
    return textOf(body) === undefined ? missingParameter("text['body']") : tooLong("text['body']", body, MAX_TEXT);
  },
  video: media,
};

function media(content: unknown, type: string, hasMedia: HasMedia): GraphError | undefined {
  const { id, link, caption } = fieldsOf(content);
  if ((id === undefined) === (link === undefined))
    return invalidParameter(`Param ${type} must have exactly one of 'id' and 'link'.`);
  if (link !== undefined && !/^https?:\/\/./.test(String(link)))
    return invalidParameter(`Param ${type}['link'] is not a valid URI.`);
  if (id !== undefined && !hasMedia(String(id)))
    return invalidParameter(`Param ${type}['id'] is not a valid whatsapp business account media attachment ID`);
  if (caption !== undefined && (type === "audio" || type === "sticker"))
    return invalidParameter(`Unexpected key "caption" on param "${type}".`);
  return tooLong(`${type}['caption']`, caption, MAX_CAPTION);
}
