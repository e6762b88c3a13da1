import { idOf, isObject, listOf } from "../../shared/json-value.ts";

/** A string that is not empty, or undefined. */
export function nonEmptyString(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A field's string that is not empty, or undefined. */
export function stringField(value: unknown, field: string): string | undefined {
  return isObject(value) ? nonEmptyString(value[field]) : undefined;
}

/** The given parts, one per line. */
export function lines(...parts: (string | undefined)[]): string | undefined {
  return parts.filter(Boolean).join("\n") || undefined;
}

/** Formats a location as `48.137, 11.575`: https://core.telegram.org/bots/api#location */
export function coordinates(location: unknown): string | undefined {
  const latitude = isObject(location) ? idOf(location["latitude"]) : undefined;
  const longitude = isObject(location) ? idOf(location["longitude"]) : undefined;
  return latitude === undefined || longitude === undefined ? undefined : `${latitude}, ${longitude}`;
}

/** The name and phone number of a shared contact: https://core.telegram.org/bots/api#contact */
export function contactCard(contact: unknown): string | undefined {
  const name = [stringField(contact, "first_name"), stringField(contact, "last_name")].filter(Boolean).join(" ");
  return lines(name, stringField(contact, "phone_number"));
}

/** Formats a dice as `🎲 4`: https://core.telegram.org/bots/api#dice */
export function diceResult(dice: unknown): string | undefined {
  const value = isObject(dice) ? idOf(dice["value"]) : undefined;
  return [stringField(dice, "emoji"), value].filter(Boolean).join(" ") || undefined;
}

/** The title and the items of a poll or a checklist. */
export function titledList(value: unknown, title: string, items: string): string | undefined {
  const entries = isObject(value) ? listOf(value[items]) : [];
  return lines(stringField(value, title), ...entries.map((entry) => `- ${stringField(entry, "text") ?? ""}`));
}

/** The plain text of a formatted message, one line per block: https://core.telegram.org/bots/api#richmessage */
export function richText(rich: unknown): string | undefined {
  const blocks = isObject(rich) ? listOf(rich["blocks"]) : [];
  return lines(...blocks.map(plain));
}

/** The fields of a block that contain text or blocks. */
const RICH_FIELDS = ["text", "summary", "cells", "items", "blocks", "caption"];

function plain(value: unknown): string {
  if (typeof value === "string") return value;
  // A list with strings is one text; a list of cells, items or blocks has several.
  if (Array.isArray(value)) return value.map(plain).join(value.some((part) => typeof part === "string") ? "" : " ");
  if (!isObject(value)) return "";
  return RICH_FIELDS.map((field) => plain(value[field]))
    .filter(Boolean)
    .join(" ");
}
