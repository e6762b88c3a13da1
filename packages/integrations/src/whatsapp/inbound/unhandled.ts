import type { Write } from "@millrace/core";
import { idOf } from "../../shared/json-value.ts";

/**
 * Nothing is done about the event; its payload stays in the inbox.
 * @param word Meta's word for what it is (field, code, type), told as the outcome's detail if it is a plain word
 */
export function kept(word: unknown): Write {
  const text = idOf(word);
  const detail = text !== undefined && /^\w{1,60}$/.test(text) ? { detail: text } : {};
  return () => Promise.resolve({ result: "unhandled", ...detail });
}
