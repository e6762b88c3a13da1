import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Whether a signature is valid. It has no details, because the expected value must not leave this package. */
export type Verified = boolean;

/** Returns the HMAC-SHA256 of the raw bytes in lower-case hex. */
export function hmacSha256Hex(secret: string, body: Uint8Array): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

/**
 * Verifies a `sha256=<hex>` header over the raw bytes with each secret, in constant time. It fails closed: without a
 * header or without a secret it returns false.
 */
export function verifySha256Header(header: string | undefined, secrets: readonly string[], body: Uint8Array): Verified {
  const given = /^sha256=([0-9a-f]{64})$/.exec(header ?? "")?.[1];
  if (given === undefined) return false;
  const bytes = Buffer.from(given, "hex");
  return secrets.some(
    (secret) => secret !== "" && timingSafeEqual(bytes, createHmac("sha256", secret).update(body).digest()),
  );
}

/** Compares two secrets of any length in constant time. Returns false when either is empty. */
export function secretsEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected)) && given !== "" && expected !== "";
}
