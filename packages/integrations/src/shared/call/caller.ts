import type { Person } from "@millrace/core";

/**
 * Numbers of withheld callers: the words anonymous, restricted, blocked, unknown and unavailable on a phone's keypad.
 * https://help.twilio.com/articles/223179988
 */
const WITHHELD = new Set(["266696687", "7378742833", "2562533", "8656696", "86282452253"]);

/** Words in place of a withheld number, also as the user of a SIP address. */
const NO_NAME = /^(?:sips?:)?(?:anonymous|restricted|blocked|unknown|unavailable|private|withheld)(?:@|$)/i;

/** The digits of a phone number with its country code; undefined for a withheld number, a SIP address or a client. */
export function phoneDigits(number: string | undefined): string | undefined {
  const digits = /^\+?([1-9]\d{6,14})$/.exec((number ?? "").replaceAll(/[\s().-]/g, ""))?.[1];
  return digits === undefined || WITHHELD.has(digits) ? undefined : digits;
}

/**
 * The person at the other end of a call. A SIP address or a client is an identity of the channel. A caller who withholds
 * the number has the identity `fallback`, so that the call is stored all the same.
 * @param party a number, an address or a name, as the provider reports it
 * @param fallback an id of the person, or the id of the call
 */
export function callerOf(channel: string, party: string | undefined, fallback: string): Person {
  const phone = phoneDigits(party);
  if (phone !== undefined)
    return { identities: [{ channel: "phone", externalId: phone, stable: false }], profile: { phone } };
  const isNamed = party !== undefined && /\p{L}/u.test(party) && !NO_NAME.test(party);
  return { identities: [{ channel, externalId: isNamed ? party : fallback, stable: true }], profile: {} };
}
