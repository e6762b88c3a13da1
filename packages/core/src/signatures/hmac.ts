import { createHmac, timingSafeEqual } from "node:crypto";

/** Whether a signature is valid. It has no details, because the expected value must not leave this package. */
export type Verified = boolean;

/** Returns the HMAC-SHA256 of the raw bytes in lower-case hex. */
export function hmacSha256Hex(secret: string, body: Uint8Array): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

/**
 * Verifies an HMAC-SHA256 in lower-case hex over the raw bytes with each secret, in constant time. It fails closed:
 * without a signature or without a secret it returns false.
 * @param signature the value of the header, e.g. Bland's `X-Webhook-Signature`:
 *   https://docs.bland.ai/tutorials/webhook-signing
 */
export function verifyHmacHex(signature: string | undefined, secrets: readonly string[], body: Uint8Array): Verified {
  if (signature === undefined || !/^[0-9a-f]{64}$/.test(signature)) return false;
  const given = Buffer.from(signature, "hex");
  return secrets.some(
    (secret) => secret !== "" && timingSafeEqual(given, createHmac("sha256", secret).update(body).digest()),
  );
}

/** Verifies a header `sha256=<hex>` as {@link verifyHmacHex} does. */
export function verifySha256Header(header: string | undefined, secrets: readonly string[], body: Uint8Array): Verified {
  return verifyHmacHex(/^sha256=(.*)$/s.exec(header ?? "")?.[1], secrets, body);
}
