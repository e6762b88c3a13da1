import { permanent } from "@millrace/core";
import type { z } from "zod";

/** Field paths named in a reason; more of them would tell nobody more. */
const MAX_PATHS = 5;

/**
 * Reads a payload by its schema.
 * @param path where the value stands in the event's payload, for the reason
 * @throws ProviderError permanent, naming the fields that are not as expected and never what is in them
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
