import { createHash, timingSafeEqual } from "node:crypto";

/** Compares two secrets of any length in constant time. Returns false when either is empty. */
export function secretsEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected)) && given !== "" && expected !== "";
}
