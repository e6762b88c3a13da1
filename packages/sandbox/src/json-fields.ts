/** The fields of a JSON object, not validated yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** Returns an object as its fields, and any other value as an object without fields. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** Returns a string that is not empty, and undefined for any other value. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
