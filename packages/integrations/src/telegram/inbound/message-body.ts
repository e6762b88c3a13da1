import { idOf, isObject, listOf } from "../../shared/json-value.ts";

/** A string that is not empty. */
export function wordsOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The string at a field of what may be an object. */
export function wordsIn(value: unknown, field: string): string | undefined {
  return isObject(value) ? wordsOf(value[field]) : undefined;
}

/** The parts that are there, one per line. */
export function lines(...parts: (string | undefined)[]): string | undefined {
  return parts.filter(Boolean).join("\n") || undefined;
}

/** `48.137, 11.575`: https://core.telegram.org/bots/api#location */
export function coordinates(location: unknown): string | undefined {
  const latitude = isObject(location) ? idOf(location["latitude"]) : undefined;
  const longitude = isObject(location) ? idOf(location["longitude"]) : undefined;
  return latitude === undefined || longitude === undefined ? undefined : `${latitude}, ${longitude}`;
}

/** Name and number of a shared contact: https://core.telegram.org/bots/api#contact */
export function contactCard(contact: unknown): string | undefined {
  const name = [wordsIn(contact, "first_name"), wordsIn(contact, "last_name")].filter(Boolean).join(" ");
  return lines(name, wordsIn(contact, "phone_number"));
}

/** `🎲 4`: https://core.telegram.org/bots/api#dice */
export function thrown(dice: unknown): string | undefined {
  const value = isObject(dice) ? idOf(dice["value"]) : undefined;
  return [wordsIn(dice, "emoji"), value].filter(Boolean).join(" ") || undefined;
}

/** A title and its items, as polls and checklists have them. */
export function titledList(value: unknown, title: string, items: string): string | undefined {
  const entries = isObject(value) ? listOf(value[items]) : [];
  return lines(wordsIn(value, title), ...entries.map((entry) => `- ${wordsIn(entry, "text") ?? ""}`));
}

/** The plain words of a formatted message, a line per block: https://core.telegram.org/bots/api#richmessage */
export function richText(rich: unknown): string | undefined {
  const blocks = isObject(rich) ? listOf(rich["blocks"]) : [];
  return lines(...blocks.map(plain));
}

/** Fields of a block that hold its text, or further blocks. */
const RICH_FIELDS = ["text", "summary", "cells", "items", "blocks", "caption"];

function plain(value: unknown): string {
  if (typeof value === "string") return value;
  // A list of strings and formatted pieces is one text; a list of cells, items or blocks is several.
  if (Array.isArray(value)) return value.map(plain).join(value.some((part) => typeof part === "string") ? "" : " ");
  if (!isObject(value)) return "";
  return RICH_FIELDS.map((field) => plain(value[field]))
    .filter(Boolean)
    .join(" ");
}
