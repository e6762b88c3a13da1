import { type Fields, fieldsOf, textOf } from "../json-fields.ts";
import { listOf } from "./validation/violation.ts";

/** An event of a request for one of its destinations. */
export type SentConversion = {
  transactionId: string | undefined;
  /** The kind of the click id: `gclid`, `gbraid` or `wbraid`. */
  clickKind: string | undefined;
  clickId: string | undefined;
  value: unknown;
  currency: unknown;
  /** The operating account. */
  accountId: string;
  /** The conversion action. */
  actionId: string;
  /** The event's consent, or the request's if the event has none. */
  adUserData: unknown;
  adPersonalization: unknown;
};

/** Returns the conversions of a request for each of its destinations. An event without destinations goes to all. */
export function conversionsOf(request: Fields): SentConversion[][] {
  const events = listOf(request["events"]);
  return listOf(request["destinations"]).map(({ reference, operatingAccount, productDestinationId }) =>
    events
      .filter(
        ({ destinationReferences: references = [] }) => Array.isArray(references) && goesTo(references, reference),
      )
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

function goesTo(references: readonly unknown[], reference: unknown): boolean {
  return references.length === 0 || references.includes(reference);
}

function clickOf(adIdentifiers: Fields) {
  const clickKind = ["gclid", "gbraid", "wbraid"].find((kind) => textOf(adIdentifiers[kind]) !== undefined);
  return { clickKind, clickId: clickKind && textOf(adIdentifiers[clickKind]) };
}

function consentOf(event: Fields, request: Fields) {
  return {
    adUserData: event["adUserData"] ?? request["adUserData"],
    adPersonalization: event["adPersonalization"] ?? request["adPersonalization"],
  };
}
