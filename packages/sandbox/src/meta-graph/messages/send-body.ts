import { type Fields, fieldsOf, textOf } from "../../json-fields.ts";
import type { GraphError } from "../errors.ts";
import { badParam, sendError } from "./errors.ts";
import { interactiveProblem } from "./send-interactive.ts";
import { missing, tooLong } from "./send-fields.ts";

/** Whether a media id is known. */
export type HasMedia = (id: string) => boolean;

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages */
const MAX_CALLBACK_DATA = 512;
const MAX_TEXT = 4096;
const MAX_CAPTION = 1024;

/**
 * What WhatsApp has against a send; undefined when it takes it.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
export function sendProblem(body: Fields, hasMedia: HasMedia): GraphError | undefined {
  if (body["messaging_product"] !== "whatsapp") return badParam("The parameter messaging_product is required.");
  if (textOf(body["to"]) === undefined && textOf(body["recipient"]) === undefined)
    return badParam("The parameter to is required.");
  const callbackData = body["biz_opaque_callback_data"];
  if (callbackData !== undefined && typeof callbackData !== "string") return sendError(131009);
  const type = body["type"] ?? "text";
  if (typeof type !== "string" || !(type in CHECKS))
    return badParam(
      `Param type must be one of {${Object.keys(CHECKS).join(", ").toUpperCase()}} - got "${String(type)}".`,
    );
  if (body[type] === undefined) return missing(type);
  if (body["context"] !== undefined && textOf(fieldsOf(body["context"])["message_id"]) === undefined)
    return missing("context['message_id']");
  return (
    tooLong("biz_opaque_callback_data", callbackData, MAX_CALLBACK_DATA) ?? CHECKS[type]?.(body[type], type, hasMedia)
  );
}

type Check = (content: unknown, type: string, hasMedia: HasMedia) => GraphError | undefined;

const CHECKS: Record<string, Check> = {
  audio: media,
  contacts(content) {
    if (!Array.isArray(content) || content.length === 0) return missing("contacts");
    const unnamed = content.findIndex((contact) => !textOf(fieldsOf(fieldsOf(contact)["name"])["formatted_name"]));
    return unnamed < 0 ? undefined : missing(`contacts[${unnamed}]['name']['formatted_name']`);
  },
  document: media,
  image: media,
  interactive: (content) => interactiveProblem(fieldsOf(content)),
  location(content) {
    const { latitude, longitude } = fieldsOf(content);
    const off = (degrees: unknown, most: number) => !(Math.abs(Number(degrees)) <= most);
    if (latitude === undefined) return missing("location['latitude']");
    if (longitude === undefined) return missing("location['longitude']");
    return off(latitude, 90) || off(longitude, 180) ? sendError(131009, "Location is out of range") : undefined;
  },
  reaction(content) {
    const { message_id: id, emoji } = fieldsOf(content);
    if (!textOf(id)) return missing("reaction['message_id']");
    return typeof emoji === "string" ? undefined : missing("reaction['emoji']");
  },
  sticker: media,
  template(content) {
    const { name, language, components } = fieldsOf(content);
    if (!textOf(name)) return missing("template['name']");
    if (!textOf(fieldsOf(language)["code"])) return missing("template['language']['code']");
    if (components !== undefined && !Array.isArray(components))
      return badParam("Param template['components'] must be an array.");
    return name === "no_such_template"
      ? sendError(132001, `template name (${name}) does not exist in ${String(fieldsOf(language)["code"])}`)
      : undefined;
  },
  text(content) {
    const { body } = fieldsOf(content);
    return textOf(body) === undefined ? missing("text['body']") : tooLong("text['body']", body, MAX_TEXT);
  },
  video: media,
};

function media(content: unknown, type: string, hasMedia: HasMedia): GraphError | undefined {
  const { id, link, caption } = fieldsOf(content);
  if ((id === undefined) === (link === undefined))
    return badParam(`Param ${type} must have exactly one of 'id' and 'link'.`);
  if (link !== undefined && !/^https?:\/\/./.test(String(link)))
    return badParam(`Param ${type}['link'] is not a valid URI.`);
  if (id !== undefined && !hasMedia(String(id)))
    return badParam(`Param ${type}['id'] is not a valid whatsapp business account media attachment ID`);
  if (caption !== undefined && (type === "audio" || type === "sticker"))
    return badParam(`Unexpected key "caption" on param "${type}".`);
  return tooLong(`${type}['caption']`, caption, MAX_CAPTION);
}
