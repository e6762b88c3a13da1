import { createHmac, timingSafeEqual } from "node:crypto";
import type { Verified } from "./hmac.ts";
import { isFreshTimestamp } from "./timestamped-hmac.ts";

/** Largest difference in ms between the signed time and our clock, in both directions: https://www.standardwebhooks.com */
const TOLERANCE_MS = 5 * 60_000;

/** A message to sign. `id` is the same in every attempt and contains no full stop. */
type SignedMessage = { id: string; at: Date; body: string };

/**
 * Returns the headers that sign a message by Standard Webhooks:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @param secret `whsec_` and base64; any other text is the key itself
 */
export function standardWebhookHeaders({ id, at, body }: SignedMessage, secret: string): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = signatureOf(secret, id, timestamp, Buffer.from(body)).toString("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

/**
 * Verifies the headers of Standard Webhooks over the raw bytes: a `v1` signature must be valid under one of the secrets,
 * and the signed time must be recent. It compares in constant time and fails closed without a header or a secret.
 *
 * Not the package `standardwebhooks` (1.1.1): it verifies decoded text instead of the raw bytes, and reads its own clock.
 * @param headers names in lower case
 */
export function verifyStandardWebhook(
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array,
  secrets: readonly string[],
  now: Date,
): Verified {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = headers;
  if (!id || !signatures || timestamp === undefined) return false;
  if (!isFreshTimestamp(timestamp, { now, toleranceMs: TOLERANCE_MS })) return false;
  const given = signatures.split(" ").flatMap((signature) => {
    const base64 = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(signature)?.[1];
    return base64 === undefined ? [] : [Buffer.from(base64, "base64")];
  });
  return secrets.some((secret) => {
    if (keyOf(secret).length === 0) return false;
    const expected = signatureOf(secret, id, timestamp, body);
    return given.some((signature) => timingSafeEqual(signature, expected));
  });
}

function signatureOf(secret: string, id: string, timestamp: string, body: Uint8Array): Buffer {
  return createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

function keyOf(secret: string): Buffer {
  return secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
}
