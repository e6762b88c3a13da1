import { parseJsonBody, type RawRequest } from "@millrace/core";
import type { z } from "zod";
import { HttpError } from "../http/http-error.ts";
import { fieldErrors } from "./field-errors.ts";

/** `application/json` and types that are based on it, such as `application/cloudevents+json`. */
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/**
 * Parses the request's body and validates it against a schema.
 * @throws HttpError with 415 for another content type, with 400 for invalid JSON and for a body that the schema rejects
 */
export function parseJson(request: RawRequest, schema: z.ZodType): unknown {
  if (!JSON_TYPE.test(request.headers["content-type"] ?? ""))
    throw new HttpError(415, "Unsupported content type", { detail: "send application/json" });
  const parsed = parseJsonBody(request.body);
  if (!parsed.ok) throw invalidBody(parsed.reason);
  if (typeof parsed.value !== "object" || parsed.value === null || Array.isArray(parsed.value))
    throw invalidBody("the body must be a JSON object");
  return validate(schema, parsed.value, "Invalid body");
}

/**
 * Validates a value that the caller sent.
 * @throws HttpError with 400 and the title when the schema rejects the value
 */
export function validate(schema: z.ZodType, value: unknown, title: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = fieldErrors(result.error, value);
  const [first] = errors;
  throw new HttpError(400, title, {
    detail: `${first?.field || "the body"} ${first?.detail}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ""}`,
    errors,
  });
}

function invalidBody(detail: string): HttpError {
  return new HttpError(400, "Invalid body", { detail });
}
