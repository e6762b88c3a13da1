import {
  isFreshTimestamp,
  type RawRequest,
  secretsEqual,
  type Verified,
  verifySha256Header,
  verifyStandardWebhook,
} from "@millrace/core";
import type { CallbackAuthentication, CallbackConfig } from "./config.ts";

type Verify = (request: RawRequest, secrets: readonly string[], now: Date) => Verified;

/**
 * Verifies each method over the raw bytes. `hmac` is made for n8n's Crypto node, which uses the text of the secret as
 * the key: `X-Signature: sha256=<hex>` over `<X-Timestamp>.<body>`.
 */
const VERIFIERS: Readonly<Record<CallbackAuthentication, Verify>> = {
  "standard-webhooks": ({ headers, body }, secrets, now) => verifyStandardWebhook(headers, body, secrets, now),
  hmac: ({ headers, body }, secrets, now) => {
    const timestamp = headers["x-timestamp"] ?? "";
    const signed = Buffer.concat([Buffer.from(`${timestamp}.`), body]);
    return isFreshTimestamp(timestamp, now) && verifySha256Header(headers["x-signature"], secrets, signed);
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
