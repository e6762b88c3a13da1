import { type Fields, fieldsOf } from "../../json-fields.ts";
import type { Violation } from "../errors.ts";

/** What the API says of each reason that it can name here. */
const DESCRIPTIONS = {
  REQUIRED_FIELD_MISSING: "Required field is missing.",
  TOO_MANY_DESTINATIONS: "Maximum number of destinations allowed per request is 10.",
  TOO_MANY_EVENTS: "Maximum number of events allowed per request is 2,000.",
  TOO_MANY_USER_IDENTIFIERS: "Maximum number of user identifiers allowed is 10.",
  DUPLICATE_DESTINATION_REFERENCE: "Two or more destinations in the request have the same reference.",
  INVALID_DESTINATION: "Destination is not valid.",
  INVALID_CONVERSION_ACTION_ID: "Conversion action ID is not valid.",
  INVALID_NUMBER_FORMAT: "String is not a valid number.",
  INVALID_ENUM_VALUE: "Enum value cannot be used.",
  INVALID_FORMAT: "Format is invalid.",
  INVALID_CURRENCY_CODE: "The currency code is not supported.",
  INVALID_EVENT: "Event is not valid.",
  INVALID_HEX_ENCODING: "The HEX encoded value is malformed.",
  INVALID_BASE64_ENCODING: "The base64 encoded value is malformed.",
  INVALID_SHA256_FORMAT: "The SHA256 encoded value is malformed.",
  NO_IDENTIFIERS_PROVIDED: "Event contains no user identifiers or ad identifiers.",
} as const;

/** Why a field is refused. */
export type Reason = keyof typeof DESCRIPTIONS;

/** A field that is refused for a reason. */
export function violation(field: string, reason: Reason): Violation {
  return { field, description: DESCRIPTIONS[reason], reason };
}

/** The violation of a field that is none of the words it may be. */
export function oneOf(words: readonly string[], value: unknown, field: string): Violation[] {
  return words.some((word) => word === value) ? [] : [violation(field, "INVALID_ENUM_VALUE")];
}

/** A value as a list of objects; an empty one when it is none. */
export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
