import { type Fields, fieldsOf } from "../../json-fields.ts";
import type { Violation } from "../errors.ts";

/** The descriptions of the reasons that the sandbox reports. */
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

/** Why a field is invalid. */
export type Reason = keyof typeof DESCRIPTIONS;

/** Builds the violation of a field. */
export function violation(field: string, reason: Reason): Violation {
  return { field, description: DESCRIPTIONS[reason], reason };
}

/** Returns a violation if the value is none of the enum values `values`. */
export function oneOf(values: readonly string[], value: unknown, field: string): Violation[] {
  return values.some((allowed) => allowed === value) ? [] : [violation(field, "INVALID_ENUM_VALUE")];
}

/** Returns an array as the fields of its objects, and any other value as an empty array. */
export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
