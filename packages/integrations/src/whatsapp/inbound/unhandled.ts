import type { Fact, Handled } from "@millrace/core";
import { idOf } from "../../shared/json-value.ts";

/**
 * Handles an event without a row of its own. Its payload stays in the inbox.
 * @param type Meta's field, code or type of the event; it becomes the outcome's detail if it is a plain word
 */
export function unhandled(type: unknown, ...facts: readonly Fact[]): Handled {
  const text = idOf(type);
  const detail = text !== undefined && /^\w{1,60}$/.test(text) ? { detail: text } : {};
  return { result: "unhandled", ...detail, facts };
}
