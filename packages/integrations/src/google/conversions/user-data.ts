import { createHash } from "node:crypto";

/** Their letters before the `@` may be written with full stops and with `+` and more, and reach the same person. */
const GMAIL = ["gmail.com", "googlemail.com"];

/**
 * An e-mail address as Google hashes it; undefined for what is none.
 * https://developers.google.com/data-manager/api/devguides/concepts/formatting
 */
export function normalEmail(text: string): string | undefined {
  const [, name = "", domain = ""] = /^([^\s@]{1,64})@([^\s@]+\.[^\s@.]+)$/.exec(text.trim().toLowerCase()) ?? [];
  if (domain === "") return undefined;
  const person = GMAIL.includes(domain) ? name.replace(/\+.*$/, "").replaceAll(".", "") : name;
  return person === "" ? undefined : `${person}@${domain}`;
}

/**
 * A phone number as Google hashes it, which is E.164 with its `+`; undefined for what cannot be one. A number that is
 * written as within its country (`0151 …`) cannot: nobody says which country.
 */
export function normalPhone(text: string): string | undefined {
  const written = text.trim().replace("(0)", "");
  if (!/^\+?[\d\s().\-/\u2010-\u2015]+$/.test(written)) return undefined;
  const digits = written.replaceAll(/\D/g, "").replace(/^00/, "");
  return /^[1-9]\d{6,14}$/.test(digits) ? `+${digits}` : undefined;
}

/** SHA-256 in hex, as `encoding: HEX` says it. */
export function hashed(normal: string): string {
  return createHash("sha256").update(normal).digest("hex");
}

/** Numbers with a `+`, with the brackets of an area code, or in the groups of North America. */
const WRITTEN_AS_PHONE = /^(?:\+|\(\d{2,5}\))|^\d{3}[-. ]\d{3}[-. ]\d{4}$/;

/** Whether a text is somebody's e-mail address or phone number. Bare digits are not: most orders are numbered. */
export function looksPersonal(text: string): boolean {
  return /[^\s@]@[^\s@]+\.[^\s@]/.test(text) || (WRITTEN_AS_PHONE.test(text.trim()) && normalPhone(text) !== undefined);
}
