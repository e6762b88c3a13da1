import { type Fields, fieldsOf, textOf } from "../../json-fields.ts";
import type { GraphError } from "../errors.ts";
import { codeError } from "./errors.ts";
import { missingParameter } from "./send-fields.ts";

/**
 * Returns the error of invalid buttons or of an invalid list, or undefined for valid ones. Other kinds are not checked.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages
 */
export function validateInteractive({ type, header, body, footer, action }: Fields): GraphError | undefined {
  if (!textOf(type)) return missingParameter("interactive['type']");
  if (action === undefined) return missingParameter("interactive['action']");
  const text = fieldsOf(body)["text"];
  if (textOf(text) === undefined) return missingParameter("interactive['body']['text']");
  return (
    length("Header text", fieldsOf(header)["text"], 60) ??
    length("Footer text", fieldsOf(footer)["text"], 60) ??
    length("Body text", text, type === "list" ? 4096 : 1024) ??
    (type === "button" ? validateButtons(fieldsOf(action)) : undefined) ??
    (type === "list" ? validateList(fieldsOf(action)) : undefined)
  );
}

function validateButtons({ buttons }: Fields): GraphError | undefined {
  const replies = listOf(buttons).map((button) => fieldsOf(fieldsOf(button)["reply"]));
  return (
    count("buttons", replies.length, 3) ??
    replies
      .map(({ id, title }) => length("Button title", title, 20, 1) ?? length("Button id", id, 256, 1))
      .find((error) => error !== undefined) ??
    distinct("Button id", replies)
  );
}

function validateList({ button, sections }: Fields): GraphError | undefined {
  const sectionFields = listOf(sections).map(fieldsOf);
  const rows = sectionFields.flatMap((section) => listOf(section["rows"]).map(fieldsOf));
  const titleErrors =
    sectionFields.length > 1 ? sectionFields.map(({ title }) => length("Section title", title, 24, 1)) : [];
  const rowErrors = rows.map(
    ({ id, title, description }) =>
      length("Row title", title, 24, 1) ?? length("Row id", id, 200, 1) ?? length("Row description", description, 72),
  );
  return (
    length("Button text", button, 20, 1) ??
    count("sections", sectionFields.length, 10) ??
    count("rows", rows.length, 10) ??
    [...titleErrors, ...rowErrors].find((error) => error !== undefined) ??
    distinct("Row id", rows)
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function length(what: string, value: unknown, max: number, min = 0): GraphError | undefined {
  const size = typeof value === "string" ? value.length : 0;
  if (size >= min && size <= max) return undefined;
  return codeError(131009, `${what} length invalid. Min length: ${min}, Max length: ${max}`);
}

function count(what: string, actual: number, max: number): GraphError | undefined {
  if (actual >= 1 && actual <= max) return undefined;
  return codeError(131009, `Invalid ${what} count. Min allowed ${what}: 1, Max allowed ${what}: ${max}`);
}

function distinct(what: string, items: readonly Fields[]): GraphError | undefined {
  if (new Set(items.map(({ id }) => id)).size === items.length) return undefined;
  return codeError(131009, `${what} must be unique`);
}
