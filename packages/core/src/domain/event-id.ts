import { createHash } from "node:crypto";
import { v5 } from "uuid";
import { type ParsedEvent, UNREADABLE } from "./event.ts";

/** Longest event id in characters: above a wamid (under 100), below an index row of Postgres (2,704 bytes). */
export const MAX_EVENT_ID_LENGTH = 300;

/**
 * Joins the parts of a natural key into an event id, e.g. `message.1065.wamid.HBg`. Parts that would make an invalid id
 * (a colon, a control character, an empty or overlong id) are replaced by their hash, so that a hostile platform id still
 * produces one stable event id.
 */
export function eventId(...parts: readonly string[]): string {
  const id = parts.join(".");
  const isValid = /^[\x21-\x39\x3b-\x7e]+$/.test(id) && id.length <= MAX_EVENT_ID_LENGTH;
  return isValid ? id : `${parts[0]}.${contentHash(parts)}`;
}

/**
 * SHA-256 of a JSON value in lower-case hex, independent of the order of its keys: the natural key of an event that has
 * no id at the platform.
 */
export function contentHash(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** Namespace of {@link derivedUuid}: a random UUID that must never change. */
const DERIVED_IDS = "07301ab1-bead-42a8-a901-1a49a9139625";

/**
 * Derives a UUID (version 5 of RFC 9562) from the parts. The same parts always produce the same UUID, so that a request
 * that is repeated under its Idempotency-Key names the same message.
 */
export function derivedUuid(...parts: readonly string[]): string {
  return v5(JSON.stringify(parts), DERIVED_IDS);
}

/** An event for unreadable content. `raw` is what Millrace stores; the same `raw` always produces the same event. */
export function unreadable(reason: string, raw: unknown): ParsedEvent {
  return { id: eventId(UNREADABLE, contentHash(raw)), kind: UNREADABLE, payload: { reason, raw } };
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    // JSON drops keys with an undefined value.
    const entries = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
