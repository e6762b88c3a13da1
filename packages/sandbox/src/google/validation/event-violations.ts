import { type Fields, fieldsOf, textOf } from "../../json-fields.ts";
import type { Violation } from "../errors.ts";
import { listOf, oneOf, type Reason, violation } from "./violation.ts";

/** https://developers.google.com/data-manager/api/devguides/limits */
const MAX_IDENTIFIERS = 10;

const CLICK_IDS = ["gclid", "gbraid", "wbraid"];
const EVENT_SOURCES = ["WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"];
const CONSENTS = ["CONSENT_STATUS_UNSPECIFIED", "CONSENT_GRANTED", "CONSENT_DENIED"];

/** RFC 3339 with a time zone. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Returns the violations of an event. `at` is its path in the request. */
export function eventViolations(
  event: Fields,
  at: string,
  { encoding, references }: { encoding: unknown; references: readonly string[] },
): Violation[] {
  const { destinationReferences = [], eventTimestamp: time, adIdentifiers, userData, consent } = event;
  const { conversionValue: value, currency, eventSource: source } = event;
  const eventReferences: unknown[] = Array.isArray(destinationReferences)
    ? destinationReferences
    : [destinationReferences];
  const identifiers = listOf(fieldsOf(userData)["userIdentifiers"]);
  const violationIf = (invalid: boolean, field: string, reason: Reason) =>
    invalid ? [violation(`${at}${field}`, reason)] : [];
  return [
    ...eventReferences.flatMap((name, index) =>
      violationIf(
        !references.some((known) => known === name),
        `.destination_references[${index}]`,
        "INVALID_DESTINATION",
      ),
    ),
    ...violationIf(time === undefined, ".event_timestamp", "REQUIRED_FIELD_MISSING"),
    ...violationIf(time !== undefined && !isTimestamp(time), ".event_timestamp", "INVALID_FORMAT"),
    ...clickViolations(fieldsOf(adIdentifiers), identifiers.length > 0, at),
    ...violationIf(identifiers.length > MAX_IDENTIFIERS, ".user_data", "TOO_MANY_USER_IDENTIFIERS"),
    ...identifiers.flatMap((identifier, index) => {
      const reason = identifierError(identifier, encoding);
      return reason ? [violation(`${at}.user_data.user_identifiers[${index}]`, reason)] : [];
    }),
    ...violationIf(value !== undefined && typeof value !== "number", ".conversion_value", "INVALID_NUMBER_FORMAT"),
    ...violationIf(
      currency !== undefined && !/^[A-Z]{3}$/.test(String(currency)),
      ".currency",
      "INVALID_CURRENCY_CODE",
    ),
    ...(source === undefined ? [] : oneOf(EVENT_SOURCES, source, `${at}.event_source`)),
    ...consentViolations(fieldsOf(consent), `${at}.consent`),
  ];
}

/** Returns the violations of a consent. `at` is its path in the request. */
export function consentViolations({ adUserData, adPersonalization }: Fields, at: string): Violation[] {
  return [
    ...(adUserData === undefined ? [] : oneOf(CONSENTS, adUserData, `${at}.ad_user_data`)),
    ...(adPersonalization === undefined ? [] : oneOf(CONSENTS, adPersonalization, `${at}.ad_personalization`)),
  ];
}

/** An event requires a click id or user data, and has at most one click id. */
function clickViolations(adIdentifiers: Fields, hasIdentifiers: boolean, at: string): Violation[] {
  const clicks = CLICK_IDS.filter((kind) => textOf(adIdentifiers[kind]) !== undefined);
  if (clicks.length > 1) return [violation(`${at}.ad_identifiers`, "INVALID_EVENT")];
  return clicks.length === 0 && !hasIdentifiers ? [violation(at, "NO_IDENTIFIERS_PROVIDED")] : [];
}

function isTimestamp(value: unknown): boolean {
  return typeof value === "string" && TIMESTAMP.test(value) && !Number.isNaN(Date.parse(value));
}

/** Returns why a user identifier is invalid. It has the SHA-256 of an email address, of a phone number, or an address. */
function identifierError({ emailAddress, phoneNumber, address }: Fields, encoding: unknown): Reason | undefined {
  const [identifier, ...others] = [emailAddress, phoneNumber, address].filter((value) => value !== undefined);
  if (identifier === undefined) return "REQUIRED_FIELD_MISSING";
  if (others.length > 0) return "INVALID_FORMAT";
  if (identifier === address) return undefined;
  const text = String(identifier);
  if (encoding === "HEX") {
    if (!/^(?:[0-9a-f]{2})+$/i.test(text)) return "INVALID_HEX_ENCODING";
    return text.length === 64 ? undefined : "INVALID_SHA256_FORMAT";
  }
  if (!/^[\w+/-]+={0,2}$/.test(text)) return "INVALID_BASE64_ENCODING";
  return Buffer.from(text, "base64").length === 32 ? undefined : "INVALID_SHA256_FORMAT";
}
