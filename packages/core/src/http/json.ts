import { storable } from "./storable.ts";

/** A parsed JSON body, or why it is unreadable. `raw` is the text to store of an unreadable one. */
export type ParsedBody = { ok: true; value: unknown } | { ok: false; reason: string; raw: string };

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a webhook body. In addition to `JSON.parse`:
 * - an integer above 2^53 - 1 becomes a string of its digits, because platforms send ids as numbers and a double
 *   would silently change their digits;
 * - U+0000 and lone surrogates in strings become U+FFFD, because neither text nor jsonb of Postgres can store them.
 *
 * A body nested deeper than {@link MAX_DEPTH} is unreadable, because JSON.stringify would overflow the stack on it.
 */
export function parseJsonBody(body: Uint8Array): ParsedBody {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    return { ok: false, reason: "the body is not UTF-8", raw: Buffer.from(body).toString("base64") };
  }
  try {
    if (deeperThan(text, MAX_DEPTH))
      return { ok: false, reason: `JSON nested deeper than ${MAX_DEPTH}`, raw: storable(text) };
    return { ok: true, value: needsReviver.test(text) ? JSON.parse(text, storableValue) : JSON.parse(text) };
  } catch {
    return { ok: false, reason: "the body is not JSON", raw: storable(text) };
  }
}

/** Deepest nesting of a readable body. Webhook bodies of platforms stay under 20. */
const MAX_DEPTH = 200;

// Only a bare number of 16 digits, an escaped NUL or an escaped surrogate needs the slower reviver.
const needsReviver = /[:[,]\s*-?\d{16}|\\u(?:0000|[dD][89a-fA-F])/;

function storableValue(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value === "string") return storable(value);
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
  }
  return value;
}

function deeperThan(text: string, limit: number): boolean {
  if (text.length < limit) return false;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (inString) {
      if (char === 0x5c) index++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) {
      if (++depth > limit) return true;
    } else if (char === 0x7d || char === 0x5d) depth--;
  }
  return false;
}
