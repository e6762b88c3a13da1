import {
  type Authentic,
  contentHash,
  type RawRequest,
  secretsEqual,
  verifyStandardWebhook,
  verifyTimestampedHmac,
} from "@millrace/core";
import type { CallbackAuthentication, CallbackConfig } from "./config.ts";

/** The tolerance of Standard Webhooks, for both schemes with a time. */
const TOLERANCE_MS = 5 * 60_000;

type Verify = (request: RawRequest, secrets: readonly string[], now: Date) => Authentic | undefined;

/**
 * Verifies each method over the raw bytes. `hmac` is made for n8n's Crypto node, which uses the text of the secret as
 * the key: `X-Signature: sha256=<hex>` over `<X-Timestamp>.<body>`.
 */
const VERIFIERS: Readonly<Record<CallbackAuthentication, Verify>> = {
  "standard-webhooks": ({ headers, body }, secrets, now) => {
    if (!verifyStandardWebhook(headers, body, secrets, now)) return undefined;
    const { "webhook-id": id = "", "webhook-timestamp": timestamp = "" } = headers;
    return { signed: hashOf(body, id, timestamp), signedKey: id };
  },
  hmac: ({ headers, body }, secrets, now) => {
    const { "x-timestamp": timestamp = "", "x-signature": header = "" } = headers;
    const signatures = header.startsWith("sha256=") ? [header.slice("sha256=".length)] : [];
    const freshness = { now, toleranceMs: TOLERANCE_MS };
    const isValid = verifyTimestampedHmac({ timestamp, signatures }, secrets, body, freshness);
    return isValid ? { signed: hashOf(body, timestamp) } : undefined;
  },
  bearer: ({ headers }, secrets) => {
    const given = /^bearer +(.+)$/i.exec(headers["authorization"] ?? "")?.[1] ?? "";
    return secrets.map((secret) => secretsEqual(given, secret)).includes(true) ? {} : undefined;
  },
};

/** Identifies a request by its signed headers and its body. */
function hashOf(body: Uint8Array, ...headers: readonly string[]): string {
  return contentHash([...headers, Buffer.from(body).toString("base64")]);
}

/** Authenticates a callback of n8n by any of the allowed methods; undefined if none accepts it. */
export function verifyCallback(
  { secrets, methods }: CallbackConfig,
  request: RawRequest,
  now: Date,
): Authentic | undefined {
  for (const method of methods) {
    const authentic = VERIFIERS[method](request, secrets, now);
    if (authentic) return authentic;
  }
  return undefined;
}

/** Describes the allowed methods, for the 401 response and the API documentation. */
export function describeAuthentication({ methods }: CallbackConfig): string {
  const descriptions: Record<CallbackAuthentication, string> = {
    "standard-webhooks": "the headers of Standard Webhooks",
    hmac: "X-Timestamp with X-Signature",
    bearer: "Authorization: Bearer",
  };
  return `${methods.map((method) => descriptions[method]).join(", or ")}, made with N8N_WEBHOOK_SECRET`;
}
