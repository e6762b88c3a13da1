/** Replaces a redacted value. */
export const REDACTED = "[redacted]";

/** The values in a payload by which people can be found. A number is a string of its digits. */
export type PersonalDataInPayload = {
  /** Identifiers of the people that the payload is about (its author, its recipient), and of their rows. */
  parties: readonly string[];
  /** Every other value that may name a person: identifiers of people who are quoted or mentioned, names, and texts. */
  mentioned: readonly string[];
  /** Returns a copy of the payload with {@link REDACTED} in place of all these values. */
  redact(): unknown;
};

/**
 * Finds the personal data in a payload of any kind, also a damaged one or a part of one, such as the payload of a row.
 * Pure; never throws.
 */
export type PersonalDataReader = (payload: unknown) => PersonalDataInPayload;
