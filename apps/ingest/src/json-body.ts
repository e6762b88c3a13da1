import { parseJsonBody, type RawRequest } from "@millrace/core";
import type { z } from "zod";
import { fieldErrors } from "./field-errors.ts";
import { Refusal } from "./refusal.ts";

/** `application/json`, and what is built on it, such as `application/cloudevents+json`. */
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/**
 * The body as its schema gives it.
 * @throws Refusal with 415 for another content type and with 400 for what is no JSON or does not fit the schema
 */
export function readJson(request: RawRequest, schema: z.ZodType): unknown {
  if (!JSON_TYPE.test(request.headers["content-type"] ?? ""))
    throw new Refusal(415, "Unsupported content type", { detail: "send application/json" });
  const parsed = parseJsonBody(request.body);
  if (!parsed.ok) throw badBody(parsed.reason);
  if (typeof parsed.value !== "object" || parsed.value === null || Array.isArray(parsed.value))
    throw badBody("the body must be a JSON object");
  return checked(schema, parsed.value, "Invalid body");
}

/**
 * A value of the caller's as its schema gives it.
 * @throws Refusal with 400 and that title for what does not fit
 */
export function checked(schema: z.ZodType, value: unknown, title: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = fieldErrors(result.error, value);
  const [first] = errors;
  throw new Refusal(400, title, {
    detail: `${first?.field || "the body"} ${first?.detail}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ""}`,
    errors,
  });
}

function badBody(detail: string): Refusal {
  return new Refusal(400, "Invalid body", { detail });
}
