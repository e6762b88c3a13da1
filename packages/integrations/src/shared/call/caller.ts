import type { Person } from "@millrace/core";

/**
 * Numbers of withheld callers: the words anonymous, restricted, blocked, unknown and unavailable on a phone's keypad.
 * https://help.twilio.com/articles/223179988
 */
const WITHHELD = new Set(["266696687", "7378742833", "2562533", "8656696", "86282452253"]);

/** Whether a number is one of those that replace a withheld number. */
export function isWithheld(number: string): boolean {
  return WITHHELD.has(number.replace(/^\+/, ""));
}

/** The digits of a phone number with its country code; undefined for a withheld number, a SIP address or a client. */
export function phoneDigits(number: string | undefined): string | undefined {
  const digits = /^\+?([1-9]\d{6,14})$/.exec((number ?? "").replaceAll(/[\s().-]/g, ""))?.[1];
  return digits === undefined || isWithheld(digits) ? undefined : digits;
}

/**
 * The person at the other end of a call. Without a phone number, the person has an identity of the channel, so that the
 * call is stored all the same.
 * @param fallback an id of the person, or the id of the call
 */
export function callerOf(channel: string, number: string | undefined, fallback: string): Person {
  const digits = phoneDigits(number);
  return digits === undefined
    ? { identities: [{ channel, externalId: fallback, stable: true }], profile: {} }
    : { identities: [{ channel: "phone", externalId: digits, stable: false }], profile: { phone: digits } };
}
