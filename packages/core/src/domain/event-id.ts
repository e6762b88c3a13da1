import { createHash } from "node:crypto";
import { type ParsedEvent, UNREADABLE } from "./event.ts";

/** Longest event id in characters. Far above a wamid (under 100), far below a Postgres index row (2,704 bytes). */
export const MAX_EVENT_ID_LENGTH = 300;

/**
 * Joins the parts of a natural key into an event id, e.g. `message.1065.wamid.HBg`.
 * A part that would break the id (a colon, a control character, no length at all, too much of it) is replaced by
 * its hash, so that a hostile or odd platform id still gives one stable event id.
 */
export function eventId(...parts: readonly string[]): string {
  const id = parts.join(".");
  const sound = /^[\x21-\x39\x3b-\x7e]+$/.test(id) && id.length <= MAX_EVENT_ID_LENGTH;
  return sound ? id : `${parts[0]}.${contentHash(parts)}`;
}

/**
 * SHA-256 of a JSON value in lower-case hex, the same whatever the order of its keys: the natural key of an event
 * that the platform gave no id.
 */
export function contentHash(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/**
 * A UUID (version 8 of RFC 9562) made of the parts: the same parts always give the same, so that a request that is
 * repeated under its Idempotency-Key names the same message.
 */
export function derivedUuid(...parts: readonly string[]): string {
  const hex = contentHash(parts);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
}

/** An event for what cannot be read. `raw` is what is kept of it; the same bytes always give the same event. */
export function unreadable(reason: string, raw: unknown): ParsedEvent {
  return { id: eventId(UNREADABLE, contentHash(raw)), kind: UNREADABLE, payload: { reason, raw } };
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    // A key without a value is not there once it has been through JSON.
    const told = Object.entries(value).filter(([, entry]) => entry !== undefined);
    const entries = told.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
