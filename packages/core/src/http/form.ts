import type { RawRequest } from "./raw-request.ts";
import { storable } from "./storable.ts";

/**
 * Parses the body of a form into its fields. Never throws. As in parseJsonBody, characters that Postgres cannot store
 * become U+FFFD. A field that occurs several times has its last value.
 */
export function formFields({ body }: Pick<RawRequest, "body">): Readonly<Record<string, string>> {
  const form = new URLSearchParams(Buffer.from(body).toString());
  return Object.fromEntries([...form].map(([name, value]) => [storable(name), storable(value)]));
}
