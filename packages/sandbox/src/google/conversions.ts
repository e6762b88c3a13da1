import { type Fields, fieldsOf, textOf } from "../json-fields.ts";
import { listOf } from "./validation/violation.ts";

/** An event as it goes to one of the destinations of its request. */
export type SentConversion = {
  transactionId: string | undefined;
  /** The click's id and what it is: `gclid`, `gbraid` or `wbraid`. */
  clickKind: string | undefined;
  clickId: string | undefined;
  value: unknown;
  currency: unknown;
  /** The operating account and the conversion action. */
  accountId: string;
  actionId: string;
  /** The event's own, or the request's where it has none. */
  adUserData: unknown;
  adPersonalization: unknown;
};

/** The conversions that a request brings each of its destinations; an event that names none goes to all. */
export function conversionsOf(request: Fields): SentConversion[][] {
  const events = listOf(request["events"]);
  return listOf(request["destinations"]).map(({ reference, operatingAccount, productDestinationId }) =>
    events
      .filter(({ destinationReferences: wanted = [] }) => Array.isArray(wanted) && goesTo(wanted, reference))
      .map((event) => ({
        transactionId: textOf(event["transactionId"]),
        ...clickOf(fieldsOf(event["adIdentifiers"])),
        value: event["conversionValue"],
        currency: event["currency"],
        accountId: String(fieldsOf(operatingAccount)["accountId"]),
        actionId: String(productDestinationId),
        ...consentOf(fieldsOf(event["consent"]), fieldsOf(request["consent"])),
      })),
  );
}

function goesTo(wanted: readonly unknown[], reference: unknown): boolean {
  return wanted.length === 0 || wanted.includes(reference);
}

function clickOf(adIdentifiers: Fields) {
  const clickKind = ["gclid", "gbraid", "wbraid"].find((kind) => textOf(adIdentifiers[kind]) !== undefined);
  return { clickKind, clickId: clickKind && textOf(adIdentifiers[clickKind]) };
}

function consentOf(own: Fields, others: Fields) {
  return {
    adUserData: own["adUserData"] ?? others["adUserData"],
    adPersonalization: own["adPersonalization"] ?? others["adPersonalization"],
  };
}
