/** Whether a value is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as a list. Any other value becomes an empty list. */
export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A string, or a number as digits: platforms send ids as either. Undefined for "" and any other value. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === "string" && value !== "") return value;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : undefined;
}

/** Converts Unix seconds, as a number or as digits, to a Date. Undefined for any other value and after the year 9999. */
export function dateOfUnixSeconds(value: unknown): Date | undefined {
  const seconds = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds < 0 || seconds > MAX_UNIX_SECONDS)
    return undefined;
  return new Date(seconds * 1000);
}

/** The end of the year 9999. ISO 8601 needs a sign for later years. */
const MAX_UNIX_SECONDS = 253_402_300_799;
