import type { z } from "zod";
import { permanent } from "./provider-error.ts";

/** The number of field paths in a reason. It keeps the reason short. */
const MAX_PATHS = 5;

/**
 * Parses a payload with its schema.
 * @param path the path of the value in the event's payload, for the reason
 * @throws ProviderError permanent; it names the invalid fields and never their values
 */
export function parsePayload<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: readonly string[] = [],
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const paths = new Set(parsed.error.issues.map((issue) => [...path, ...issue.path].join(".") || "the whole"));
  throw permanent(`payload not understood: ${[...paths].slice(0, MAX_PATHS).join(", ")}`, "payload");
}
