import type { GraphError } from "./errors.ts";
import { badParam, sendError } from "./send-errors.ts";

/** An object of a request, its fields still unknown. */
export type Fields = Readonly<Record<string, unknown>>;

/** A value as an object; one without fields when it is none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** A value as a text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A field that must be there. */
export function missing(param: string): GraphError {
  return sendError(131008, `Missing parameter: ${param}`);
}

/** The problem with a text that has more characters than it may. */
export function tooLong(param: string, value: unknown, most: number): GraphError | undefined {
  if (typeof value !== "string" || value.length <= most) return undefined;
  return badParam(`Param ${param} must be at most ${most} characters long.`);
}
