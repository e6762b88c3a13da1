import { createHmac, timingSafeEqual } from "node:crypto";
import type { Verified } from "./signature.ts";

/** How far a signed time may be from ours, in ms, either way: https://www.standardwebhooks.com */
const TOLERANCE_MS = 5 * 60_000;

/** A message to sign. `id` names it, the same in every attempt, and has no full stop. */
type SignedMessage = { id: string; at: Date; body: string };

/**
 * The headers of a message by Standard Webhooks, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @param secret `whsec_` and base64, or any other text as it is
 */
export function standardWebhookHeaders({ id, at, body }: SignedMessage, secret: string): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = signatureOf(secret, id, timestamp, Buffer.from(body)).toString("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

/**
 * Checks the headers of Standard Webhooks over the raw bytes: one of their `v1` signatures must be by one of the
 * secrets, and their time near ours. Each comparison is in constant time; without a header or a secret it fails closed.
 * @param headers names in lower case
 */
export function verifyStandardWebhook(
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array,
  secrets: readonly string[],
  now: Date,
): Verified {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = headers;
  if (!id || !signatures || timestamp === undefined || !isFreshTimestamp(timestamp, now)) return false;
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

/** Whether Unix seconds in digits are at most five minutes from `now`, either way. */
export function isFreshTimestamp(timestamp: string, now: Date): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(Number(timestamp) * 1000 - now.getTime()) <= TOLERANCE_MS;
}

function signatureOf(secret: string, id: string, timestamp: string, body: Uint8Array): Buffer {
  return createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

function keyOf(secret: string): Buffer {
  return secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
}
