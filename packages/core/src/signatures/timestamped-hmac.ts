import { hmacSha256Hex, type Verified, verifyHmacHex } from "./hmac.ts";

/** When a signed time is recent. */
export type Freshness = {
  now: Date;
  /** Largest difference in ms between the signed time and `now`, in both directions. */
  toleranceMs: number;
};

/** A signed time, as the header spells it in Unix seconds, and the signatures of a request in lower-case hex. */
type TimestampedSignature = { timestamp: string; signatures: readonly string[] };

/** The scheme of a header `t=<Unix seconds>,<version>=<hex>`. The version is `v0` for ElevenLabs. */
type HeaderScheme = Freshness & { version: string };

/** Whether a timestamp in Unix seconds is recent. */
export function isFreshTimestamp(timestamp: string, { now, toleranceMs }: Freshness): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(Number(timestamp) * 1000 - now.getTime()) <= toleranceMs;
}

/**
 * Verifies an HMAC-SHA256 over `<timestamp>.<body>` with the raw bytes of the body: one of the signatures must be valid
 * under one of the secrets, and the signed time must be recent. It compares in constant time and fails closed.
 */
export function verifyTimestampedHmac(
  { timestamp, signatures }: TimestampedSignature,
  secrets: readonly string[],
  body: Uint8Array,
  freshness: Freshness,
): Verified {
  if (!isFreshTimestamp(timestamp, freshness)) return false;
  const signed = signedBytes(timestamp, body);
  return signatures.some((signature) => verifyHmacHex(signature, secrets, signed));
}

/**
 * Verifies a header `t=<Unix seconds>,v0=<hex>` as {@link verifyTimestampedHmac} does. The header may have several
 * signatures of the version, and signatures of other versions.
 * https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks
 */
export function verifyTimestampedHeader(
  header: string | undefined,
  secrets: readonly string[],
  body: Uint8Array,
  { version, ...freshness }: HeaderScheme,
): Verified {
  const fields = (header ?? "").split(",").map((field) => field.split("="));
  const valuesOf = (name: string) => fields.flatMap(([key, value = ""]) => (key === name ? [value] : []));
  const [timestamp, ...others] = valuesOf("t");
  if (timestamp === undefined || others.length > 0) return false;
  return verifyTimestampedHmac({ timestamp, signatures: valuesOf(version) }, secrets, body, freshness);
}

/** Returns the header that {@link verifyTimestampedHeader} verifies, for samples and for the sandbox. */
export function timestampedHeader(version: string, secret: string, at: Date, body: string): string {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = hmacSha256Hex(secret, signedBytes(timestamp, Buffer.from(body)));
  return `t=${timestamp},${version}=${signature}`;
}

function signedBytes(timestamp: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${timestamp}.`), body]);
}
