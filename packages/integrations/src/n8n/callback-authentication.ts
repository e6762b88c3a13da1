import {
  isFreshTimestamp,
  type RawRequest,
  secretsEqual,
  type Verified,
  verifySha256Header,
  verifyStandardWebhook,
} from "@millrace/core";
import type { CallbackConfig, CallbackProof } from "./config.ts";

type Check = (request: RawRequest, secrets: readonly string[], now: Date) => Verified;

/**
 * How each proof is checked, over the raw bytes. The HMAC is for n8n's own Crypto node, which takes a secret's text as
 * it is: `X-Signature: sha256=<hex>` over `<X-Timestamp>.<body>`.
 */
const CHECKS: Readonly<Record<CallbackProof, Check>> = {
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

/** Whether a callback is n8n's, by any of the proofs that the operator allows. */
export function verifyCallback({ secrets, proofs }: CallbackConfig, request: RawRequest, now: Date): Verified {
  return proofs.some((proof) => CHECKS[proof](request, secrets, now));
}

/** The proofs in words, for who is refused and for the API's page. */
export function proofInWords({ proofs }: CallbackConfig): string {
  const words: Record<CallbackProof, string> = {
    "standard-webhooks": "the headers of Standard Webhooks",
    hmac: "X-Timestamp with X-Signature",
    bearer: "Authorization: Bearer",
  };
  return `${proofs.map((proof) => words[proof]).join(", or ")}, made with N8N_WEBHOOK_SECRET`;
}
