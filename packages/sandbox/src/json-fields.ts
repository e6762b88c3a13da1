/** An object of a request, its fields still unknown. */
export type Fields = Readonly<Record<string, unknown>>;

/** A value as an object; one without fields when it is none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** A value as a text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
