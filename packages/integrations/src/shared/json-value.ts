/** Whether a value is a JSON object, neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as a list; what is none counts as an empty one. */
export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A string, or a number as its digits; platforms send ids as either. Undefined for anything else and for "". */
export function idOf(value: unknown): string | undefined {
  if (typeof value === "string" && value !== "") return value;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : undefined;
}

/** Unix seconds, as a number or in digits, as a Date; undefined for anything else and for times no calendar has. */
export function dateOfUnixSeconds(value: unknown): Date | undefined {
  const seconds = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds < 0 || seconds > MAX_UNIX_SECONDS)
    return undefined;
  return new Date(seconds * 1000);
}

/** The end of the year 9999; Postgres and ISO 8601 take no more without a sign. */
const MAX_UNIX_SECONDS = 253_402_300_799;
