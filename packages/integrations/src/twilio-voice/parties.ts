import { type Person, permanent, type ThreadReference } from "@millrace/core";
import type { TwilioCall } from "./schema.ts";

/** The channel of these calls: the id of the integration. */
export const CHANNEL = "twilio-voice";

/** Which side began a call. A leg is the part of a forwarded call that leads to a person of ours. */
export type CallDirection = "inbound" | "outbound" | "leg";

/**
 * The direction of a call from our side. A SIP trunk terminates our calls and originates those of customers:
 * https://www.twilio.com/docs/voice/api/call-resource#call-properties
 */
export function directionOf(direction: string): CallDirection {
  if (direction === "outbound-dial") return "leg";
  return direction.startsWith("outbound") || direction === "trunking-terminating" ? "outbound" : "inbound";
}

/** Our number in a call. */
export function ourNumberOf({ Direction, From, To }: Pick<TwilioCall, "Direction" | "From" | "To">) {
  return directionOf(Direction) === "inbound" ? To : From;
}

/**
 * The thread of a call. Our number decides the tenant. The account is Twilio's, because the callback of a recording has
 * no number.
 * @throws ProviderError permanent when the call does not name our number
 */
export function threadOf(call: TwilioCall): ThreadReference {
  const ours = ourNumberOf(call);
  if (ours === undefined) throw permanent("the call does not name our number", "payload");
  return {
    owner: { provider: CHANNEL, noun: "number", externalId: ours },
    channel: CHANNEL,
    accountId: call.AccountSid,
    threadId: undefined,
    kind: "direct",
    person: personOf(directionOf(call.Direction) === "inbound" ? call.From : call.To, call),
  };
}

/**
 * Numbers in place of a withheld one. On a keypad they spell RESTRICTED, BLOCKED, UNKNOWN, ANONYMOUS and UNAVAILABLE.
 * https://help.twilio.com/articles/223179988
 */
const WITHHELD = new Set(["7378742833", "2562533", "8656696", "266696687", "86282452253"]);

/** Values in place of a number, also as the user of a SIP address. */
const NO_NAME = /^(?:sips?:)?(?:anonymous|unknown|restricted|unavailable|private|blocked)(?:@.*)?$/i;

/** A person by the number, or by the address of a SIP phone or a client. A withheld number is a new person per call. */
function personOf(party: string | undefined, { CallSid, CallerName: name }: TwilioCall): Person {
  const digits = /^\+?(\d{5,15})$/.exec(party ?? "")?.[1];
  if (digits !== undefined && !WITHHELD.has(digits))
    return { identities: [{ channel: "phone", externalId: digits, stable: false }], profile: { name, phone: digits } };
  const isNamed = party !== undefined && digits === undefined && !NO_NAME.test(party);
  const externalId = isNamed ? party : CallSid;
  return { identities: [{ channel: CHANNEL, externalId, stable: true }], profile: { name } };
}
