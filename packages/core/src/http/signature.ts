import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Whether the signature is right. On false there is nothing more to tell: the expected value must never leave here. */
export type Verified = boolean;

/** HMAC-SHA256 of the raw bytes in lower-case hex. */
export function hmacSha256Hex(secret: string, body: Uint8Array): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

/**
 * Checks a `sha256=<hex>` header over the raw bytes against every secret in turn, each in constant time.
 * False without a header, and false without a secret: it fails closed.
 */
export function verifySha256Header(header: string | undefined, secrets: readonly string[], body: Uint8Array): Verified {
  const given = /^sha256=([0-9a-f]{64})$/.exec(header ?? "")?.[1];
  if (given === undefined) return false;
  const bytes = Buffer.from(given, "hex");
  return secrets.some(
    (secret) => secret !== "" && timingSafeEqual(bytes, createHmac("sha256", secret).update(body).digest()),
  );
}

/** Compares two secrets of any lengths in constant time. False when either is empty. */
export function secretsEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected)) && given !== "" && expected !== "";
}
