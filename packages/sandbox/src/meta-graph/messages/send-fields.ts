import type { GraphError } from "../errors.ts";
import { badParam, sendError } from "./errors.ts";

/** A field that must be there. */
export function missing(param: string): GraphError {
  return sendError(131008, `Missing parameter: ${param}`);
}

/** The problem with a text that has more characters than it may. */
export function tooLong(param: string, value: unknown, most: number): GraphError | undefined {
  if (typeof value !== "string" || value.length <= most) return undefined;
  return badParam(`Param ${param} must be at most ${most} characters long.`);
}
