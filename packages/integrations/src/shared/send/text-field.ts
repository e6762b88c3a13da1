import { z } from "zod";

/** The schema of a text that is not blank and has at most `maxLength` UTF-16 units. */
export function textField(maxLength: number) {
  return z.string().regex(/\S/, "must not be blank").max(maxLength, `must be at most ${maxLength} characters`);
}
