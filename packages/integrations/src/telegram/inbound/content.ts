import type { Media } from "@millrace/core";
import {
  contactCard,
  coordinates,
  lines,
  richText,
  diceResult,
  titledList,
  stringField,
  nonEmptyString,
} from "./message-body.ts";
import { fileOf, photoOf, stickerOf } from "./message-media.ts";
import { systemBody, systemField } from "./service-message.ts";

/** The content of a message: its type with the name that all channels share, its plain text and its file. */
export type Content = { type: string; body?: string | undefined; media?: Media | undefined };

type Fields = Readonly<Record<string, unknown>>;

/**
 * The readers by the field that defines the type of a message. The first field that is present decides: for old bots, an
 * animation also has a `document` and a venue also has a `location`. https://core.telegram.org/bots/api#message
 */
const READERS: readonly (readonly [field: string, read: (value: unknown, message: Fields) => Content])[] = [
  ["text", (text) => ({ type: isCommand(text) ? "command" : "text", body: nonEmptyString(text) })],
  ["rich_message", (rich) => ({ type: "text", body: richText(rich) })],
  ["photo", (sizes, message) => ({ type: "image", body: caption(message), media: photoOf(sizes) })],
  ["animation", (file, message) => ({ type: "video", body: caption(message), media: fileOf(file, "animation") })],
  ["audio", (file, message) => ({ type: "audio", body: caption(message), media: fileOf(file) })],
  ["document", (file, message) => ({ type: "document", body: caption(message), media: fileOf(file) })],
  ["video", (file, message) => ({ type: "video", body: caption(message), media: fileOf(file) })],
  ["video_note", (file) => ({ type: "video", media: fileOf(file, "video_note") })],
  ["voice", (file, message) => ({ type: "audio", body: caption(message), media: fileOf(file, "voice") })],
  ["sticker", (sticker) => ({ type: "sticker", body: stringField(sticker, "emoji"), media: stickerOf(sticker) })],
  ["paid_media", (_, message) => ({ type: "paid_media", body: caption(message) })],
  ["venue", (venue) => ({ type: "location", body: lines(stringField(venue, "title"), stringField(venue, "address")) })],
  ["location", (location) => ({ type: "location", body: coordinates(location) })],
  ["contact", (contact) => ({ type: "contacts", body: contactCard(contact) })],
  ["poll", (poll) => ({ type: "poll", body: titledList(poll, "question", "options") })],
  ["checklist", (checklist) => ({ type: "checklist", body: titledList(checklist, "title", "tasks") })],
  ["dice", (dice) => ({ type: "dice", body: diceResult(dice) })],
  ["game", (game) => ({ type: "game", body: lines(stringField(game, "title"), stringField(game, "description")) })],
  [
    "invoice",
    (invoice) => ({ type: "invoice", body: lines(stringField(invoice, "title"), stringField(invoice, "description")) }),
  ],
  ["web_app_data", (data) => ({ type: "web_app_data", body: stringField(data, "data") })],
  ["story", (_, message) => ({ type: "story", body: caption(message) })],
];

/** Reads the content of a message. A service message is `system`; an unknown type is `unsupported`. */
export function contentOf(message: Fields): Content {
  for (const [field, read] of READERS) {
    const value = message[field];
    if (value !== undefined && value !== null) return read(value, message);
  }
  const field = systemField(message);
  return field === undefined ? { type: "unsupported" } : { type: "system", body: systemBody(field, message[field]) };
}

/** `/start`, `/start payload`, `/help@bot`: https://core.telegram.org/bots/features#commands */
function isCommand(text: unknown): boolean {
  return typeof text === "string" && /^\/[A-Za-z0-9_]{1,32}(?:@\w+)?(?:\s|$)/.test(text);
}

function caption(message: Fields): string | undefined {
  return nonEmptyString(message["caption"]);
}
