import { type Fields, fieldsOf, textOf } from "../../json-fields.ts";
import type { Violation } from "../errors.ts";
import { consentViolations, eventViolations } from "./event-violations.ts";
import { listOf, oneOf, type Reason, violation } from "./violation.ts";

/** https://developers.google.com/data-manager/api/devguides/limits */
const MAX_DESTINATIONS = 10;
const MAX_EVENTS = 2000;

const ACCOUNT_TYPES = [
  "GOOGLE_ADS",
  "DISPLAY_VIDEO_PARTNER",
  "DISPLAY_VIDEO_ADVERTISER",
  "DATA_PARTNER",
  "GOOGLE_ANALYTICS_PROPERTY",
  "GOOGLE_AD_MANAGER_AUDIENCE_LINK",
];

/** All violations of the first invalid part of a request. */
export type InvalidRequest = { part: "request" | "events"; violations: Violation[] };

/**
 * Validates a request in the order of the API: destinations, encoding, then events. Returns undefined for a valid request.
 */
export function validateRequest(request: Fields): InvalidRequest | undefined {
  const destinations = listOf(request["destinations"]);
  const events = listOf(request["events"]);
  const references = destinations.flatMap(({ reference }) => textOf(reference) ?? []);
  const requestViolations = [destinationsViolations(destinations, references), encodingViolations(request, events)];
  const first = requestViolations.find((violations) => violations.length > 0);
  if (first) return { part: "request", violations: first };
  const eventsViolations = events.flatMap((event, index) =>
    eventViolations(event, `events.events[${index}]`, { encoding: request["encoding"], references }),
  );
  return eventsViolations.length > 0 ? { part: "events", violations: eventsViolations } : undefined;
}

function destinationsViolations(destinations: readonly Fields[], references: readonly string[]): Violation[] {
  if (destinations.length === 0) return [violation("destinations", "REQUIRED_FIELD_MISSING")];
  if (destinations.length > MAX_DESTINATIONS) return [violation("destinations", "TOO_MANY_DESTINATIONS")];
  return destinations.flatMap((destination, index) => {
    const at = `destinations[${index}]`;
    const { reference, operatingAccount, loginAccount, linkedAccount, productDestinationId: action } = destination;
    return [
      ...(references.filter((other) => other === reference).length > 1
        ? [violation(`${at}.reference`, "DUPLICATE_DESTINATION_REFERENCE")]
        : []),
      ...accountViolations(fieldsOf(operatingAccount), `${at}.operating_account`),
      ...(loginAccount === undefined ? [] : accountViolations(fieldsOf(loginAccount), `${at}.login_account`)),
      ...(linkedAccount === undefined ? [] : accountViolations(fieldsOf(linkedAccount), `${at}.linked_account`)),
      ...numberViolations(action, `${at}.product_destination_id`, "INVALID_CONVERSION_ACTION_ID"),
    ];
  });
}

function accountViolations({ accountId, accountType }: Fields, at: string): Violation[] {
  return [
    ...(accountType === undefined
      ? [violation(`${at}.account_type`, "REQUIRED_FIELD_MISSING")]
      : oneOf(ACCOUNT_TYPES, accountType, `${at}.account_type`)),
    ...numberViolations(accountId, `${at}.account_id`, "INVALID_NUMBER_FORMAT"),
  ];
}

function numberViolations(value: unknown, field: string, reason: Reason): Violation[] {
  const digits = textOf(value);
  if (digits === undefined) return [violation(field, "REQUIRED_FIELD_MISSING")];
  return /^\d+$/.test(digits) ? [] : [violation(field, reason)];
}

/** Validates the fields that apply to all events. `encoding` is required if an event has hashed user data. */
function encodingViolations({ encoding, consent }: Fields, events: readonly Fields[]): Violation[] {
  if (events.length === 0) return [violation("events", "REQUIRED_FIELD_MISSING")];
  if (events.length > MAX_EVENTS) return [violation("events", "TOO_MANY_EVENTS")];
  if (encoding !== undefined) {
    const violations = oneOf(["HEX", "BASE64"], encoding, "encoding");
    if (violations.length > 0) return violations;
  } else if (events.some(({ userData }) => userData !== undefined))
    return [violation("encoding", "REQUIRED_FIELD_MISSING")];
  return consentViolations(fieldsOf(consent), "consent");
}
