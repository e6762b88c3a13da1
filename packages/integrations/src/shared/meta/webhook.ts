import {
  hmacSha256Hex,
  type RawRequest,
  type Sample,
  secretsEqual,
  type VerificationChallenge,
  verifySha256Header,
} from "@millrace/core";

/** The largest body that Meta sends, in bytes: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview */
export const META_MAX_BODY_BYTES = 3 * 1024 * 1024;

/**
 * Meta's verification challenge. The response echoes the challenge if the verify token matches.
 * https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
 */
export function metaChallenge(verifyTokens: readonly string[]): VerificationChallenge {
  return {
    methods: ["GET"],
    respond({ query }) {
      const given = query.get("hub.verify_token") ?? "";
      const known = verifyTokens.some((token) => secretsEqual(given, token));
      const body = query.get("hub.challenge");
      if (query.get("hub.mode") !== "subscribe" || !known || body === null) return undefined;
      return { contentType: "text/plain; charset=UTF-8", body };
    },
  };
}

/**
 * Checks `X-Hub-Signature-256` over the raw bytes. Meta signs the escaped JSON that it sends, so a body that was parsed
 * and serialized again does not verify. https://developers.facebook.com/docs/graph-api/webhooks/getting-started#event-notifications
 */
export function verifyMetaSignature({ headers, body }: RawRequest, appSecrets: readonly string[]): boolean {
  return verifySha256Header(headers["x-hub-signature-256"], appSecrets, body);
}

/** A sample request with the signature that Meta would send. */
export function signMetaRequest(path: string, payload: unknown, appSecret: string): Sample {
  const body = JSON.stringify(payload);
  return {
    path,
    headers: {
      "content-type": "application/json",
      "x-hub-signature-256": `sha256=${hmacSha256Hex(appSecret, Buffer.from(body))}`,
    },
    body,
  };
}
