import type { GraphError } from "../errors.ts";
import { invalidParameter, codeError } from "./errors.ts";

/** A required parameter is missing. */
export function missingParameter(param: string): GraphError {
  return codeError(131008, `Missing parameter: ${param}`);
}

/** Returns the error of a text with more than `max` characters. */
export function tooLong(param: string, value: unknown, max: number): GraphError | undefined {
  if (typeof value !== "string" || value.length <= max) return undefined;
  return invalidParameter(`Param ${param} must be at most ${max} characters long.`);
}
