import type { Write } from "@millrace/core";
import { idOf } from "../../shared/json-value.ts";

/**
 * Writes nothing for an event. Its payload stays in the inbox.
 * @param type Meta's field, code or type of the event; it becomes the outcome's detail if it is a plain word
 */
export function unhandled(type: unknown): Write {
  const text = idOf(type);
  const detail = text !== undefined && /^\w{1,60}$/.test(text) ? { detail: text } : {};
  return () => Promise.resolve({ result: "unhandled", ...detail });
}
