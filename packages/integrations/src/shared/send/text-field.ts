import { z } from "zod";

/** A text of at most so many UTF-16 units that is not blank. */
export function textField(maxLength: number) {
  return z.string().regex(/\S/, "must not be blank").max(maxLength, `must be at most ${maxLength} characters`);
}
