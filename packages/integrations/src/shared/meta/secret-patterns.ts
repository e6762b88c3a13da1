/** Patterns of the secrets of Meta's Graph API and webhooks. */
export const META_SECRET_PATTERNS: readonly RegExp[] = [
  // An access token: https://developers.facebook.com/docs/facebook-login/guides/access-tokens
  /EAA[A-Za-z\d]{16,}/g,
  // The value of X-Hub-Signature-256: https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
  /sha256=[\da-f]{64}/gi,
];
