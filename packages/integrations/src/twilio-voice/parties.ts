import { type Person, permanent, type ThreadReference } from "@millrace/core";
import { callThread } from "../shared/call/call-fact.ts";
import { callerOf } from "../shared/call/caller.ts";
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
  const caller = personOf(directionOf(call.Direction) === "inbound" ? call.From : call.To, call);
  return callThread({ provider: CHANNEL, noun: "number", externalId: ours }, caller, call.AccountSid);
}

/** A person by the number, or by the address of a SIP phone or a client. A withheld number is a new person per call. */
function personOf(party: string | undefined, { CallSid, CallerName: name }: TwilioCall): Person {
  const { identities, profile } = callerOf(CHANNEL, party, CallSid);
  return { identities, profile: { ...profile, name } };
}
