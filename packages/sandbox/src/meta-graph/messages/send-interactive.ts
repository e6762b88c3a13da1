import { type Fields, fieldsOf, textOf } from "../../json-fields.ts";
import type { GraphError } from "../errors.ts";
import { sendError } from "./errors.ts";
import { missing } from "./send-fields.ts";

/**
 * What WhatsApp has against buttons or a list; undefined when it takes them. Kinds other than these are let pass.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages
 */
export function interactiveProblem({ type, header, body, footer, action }: Fields): GraphError | undefined {
  if (!textOf(type)) return missing("interactive['type']");
  if (action === undefined) return missing("interactive['action']");
  const text = fieldsOf(body)["text"];
  if (textOf(text) === undefined) return missing("interactive['body']['text']");
  return (
    length("Header text", fieldsOf(header)["text"], 60) ??
    length("Footer text", fieldsOf(footer)["text"], 60) ??
    length("Body text", text, type === "list" ? 4096 : 1024) ??
    (type === "button" ? buttonsProblem(fieldsOf(action)) : undefined) ??
    (type === "list" ? listProblem(fieldsOf(action)) : undefined)
  );
}

function buttonsProblem({ buttons }: Fields): GraphError | undefined {
  const replies = listOf(buttons).map((button) => fieldsOf(fieldsOf(button)["reply"]));
  return (
    count("buttons", replies.length, 3) ??
    replies
      .map(({ id, title }) => length("Button title", title, 20, 1) ?? length("Button id", id, 256, 1))
      .find((problem) => problem !== undefined) ??
    distinct("Button id", replies)
  );
}

function listProblem({ button, sections }: Fields): GraphError | undefined {
  const parts = listOf(sections).map(fieldsOf);
  const rows = parts.flatMap((section) => listOf(section["rows"]).map(fieldsOf));
  const titles = parts.length > 1 ? parts.map(({ title }) => length("Section title", title, 24, 1)) : [];
  const problems = rows.map(
    ({ id, title, description }) =>
      length("Row title", title, 24, 1) ?? length("Row id", id, 200, 1) ?? length("Row description", description, 72),
  );
  return (
    length("Button text", button, 20, 1) ??
    count("sections", parts.length, 10) ??
    count("rows", rows.length, 10) ??
    [...titles, ...problems].find((problem) => problem !== undefined) ??
    distinct("Row id", rows)
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function length(what: string, value: unknown, most: number, least = 0): GraphError | undefined {
  const size = typeof value === "string" ? value.length : 0;
  if (size >= least && size <= most) return undefined;
  return sendError(131009, `${what} length invalid. Min length: ${least}, Max length: ${most}`);
}

function count(what: string, given: number, most: number): GraphError | undefined {
  if (given >= 1 && given <= most) return undefined;
  return sendError(131009, `Invalid ${what} count. Min allowed ${what}: 1, Max allowed ${what}: ${most}`);
}

function distinct(what: string, parts: readonly Fields[]): GraphError | undefined {
  if (new Set(parts.map(({ id }) => id)).size === parts.length) return undefined;
  return sendError(131009, `${what} must be unique`);
}
