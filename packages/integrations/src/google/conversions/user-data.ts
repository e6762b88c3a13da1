import { createHash } from "node:crypto";

/** Domains that ignore full stops and a `+` suffix in the name before the `@`. */
const GMAIL = ["gmail.com", "googlemail.com"];

/**
 * Normalizes an e-mail address as Google does before it hashes it; undefined if it is invalid.
 * https://developers.google.com/data-manager/api/devguides/concepts/formatting
 */
export function normalizeEmail(text: string): string | undefined {
  const [, name = "", domain = ""] = /^([^\s@]{1,64})@([^\s@]+\.[^\s@.]+)$/.exec(text.trim().toLowerCase()) ?? [];
  if (domain === "") return undefined;
  const person = GMAIL.includes(domain) ? name.replace(/\+.*$/, "").replaceAll(".", "") : name;
  return person === "" ? undefined : `${person}@${domain}`;
}

/**
 * Normalizes a phone number as Google does before it hashes it: E.164 with `+`. Undefined if it is invalid, or a national
 * number (`0151 …`) without its country.
 */
export function normalizePhone(text: string): string | undefined {
  const written = text.trim().replace("(0)", "");
  if (!/^\+?[\d\s().\-/\u2010-\u2015]+$/.test(written)) return undefined;
  const digits = written.replaceAll(/\D/g, "").replace(/^00/, "");
  return /^[1-9]\d{6,14}$/.test(digits) ? `+${digits}` : undefined;
}

/** SHA-256 in hex, which a request with `encoding: HEX` requires. */
export function sha256Hex(normal: string): string {
  return createHash("sha256").update(normal).digest("hex");
}

/** Phone numbers with a `+`, with an area code in brackets, or in North American groups. */
const WRITTEN_AS_PHONE = /^(?:\+|\(\d{2,5}\))|^\d{3}[-. ]\d{3}[-. ]\d{4}$/;

/** Whether a text looks like an e-mail address or phone number. Digits alone do not, because order numbers are digits. */
export function looksLikePersonalData(text: string): boolean {
  return (
    /[^\s@]@[^\s@]+\.[^\s@]/.test(text) || (WRITTEN_AS_PHONE.test(text.trim()) && normalizePhone(text) !== undefined)
  );
}
