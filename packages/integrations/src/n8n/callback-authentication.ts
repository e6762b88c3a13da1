import {
  type RawRequest,
  secretsEqual,
  type Verified,
  verifyStandardWebhook,
  verifyTimestampedHmac,
} from "@millrace/core";
import type { CallbackAuthentication, CallbackConfig } from "./config.ts";

/** The tolerance of Standard Webhooks, for both schemes with a time. */
const TOLERANCE_MS = 5 * 60_000;

type Verify = (request: RawRequest, secrets: readonly string[], now: Date) => Verified;

/**
 * Verifies each method over the raw bytes. `hmac` is made for n8n's Crypto node, which uses the text of the secret as
 * the key: `X-Signature: sha256=<hex>` over `<X-Timestamp>.<body>`.
 */
const VERIFIERS: Readonly<Record<CallbackAuthentication, Verify>> = {
  "standard-webhooks": ({ headers, body }, secrets, now) => verifyStandardWebhook(headers, body, secrets, now),
  hmac: ({ headers, body }, secrets, now) => {
    const { "x-timestamp": timestamp = "", "x-signature": header = "" } = headers;
    const signatures = header.startsWith("sha256=") ? [header.slice("sha256=".length)] : [];
    return verifyTimestampedHmac({ timestamp, signatures }, secrets, body, { now, toleranceMs: TOLERANCE_MS });
  },
  bearer: ({ headers }, secrets) => {
    const given = /^bearer +(.+)$/i.exec(headers["authorization"] ?? "")?.[1] ?? "";
    return secrets.map((secret) => secretsEqual(given, secret)).includes(true);
  },
};

/** Whether a callback comes from n8n, by any of the allowed methods. */
export function verifyCallback({ secrets, methods }: CallbackConfig, request: RawRequest, now: Date): Verified {
  return methods.some((method) => VERIFIERS[method](request, secrets, now));
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
