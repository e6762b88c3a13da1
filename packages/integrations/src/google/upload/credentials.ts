import { ProviderError, retryable } from "@millrace/core";
import type { AuthClient } from "google-auth-library";
import { isObject } from "../../shared/json-value.ts";
import { PROJECT } from "./api-error.ts";

/**
 * A token to call Google with; `refresh` gets another than the last one.
 * Rejects with ProviderError only.
 */
export type AccessToken = (refresh: boolean) => Promise<string>;

/** https://developers.google.com/data-manager/api/devguides/quickstart/set-up-access */
const SCOPE = "https://www.googleapis.com/auth/datamanager";

/** How long Google's token service may take, in ms; the library has no limit of its own. */
const TOKEN_MS = 10_000;

/** The token that is set, or those of google-auth-library, which keeps one until it is about to expire. */
export function accessTokens(fixed: string | undefined): AccessToken {
  if (fixed !== undefined) return () => Promise.resolve(fixed);
  let client: Promise<AuthClient> | undefined;
  return async (refresh) => {
    // Another client knows nothing of the last one's token.
    if (refresh) client = undefined;
    client ??= openClient();
    try {
      const { token } = await (await client).getAccessToken();
      if (token) return token;
    } catch (cause) {
      client = undefined;
      throw failureOf(cause);
    }
    throw paused();
  };
}

async function openClient(): Promise<AuthClient> {
  // Only here: who has a token as it is needs none of the library.
  const { GoogleAuth } = await import("google-auth-library");
  const clientOptions = { transporterOptions: { timeout: TOKEN_MS } };
  return new GoogleAuth({ scopes: SCOPE, clientOptions }).getClient();
}

/** The library's messages may hold parts of the file or of an answer: none is told. */
function failureOf(cause: unknown): ProviderError {
  if (!isObject(cause) || !("config" in cause)) return paused(cause);
  const status = cause["status"];
  const isTrouble = typeof status !== "number" || status === 429 || status >= 500;
  return isTrouble ? retryable("Google gives no access token now", { code: "token", cause }) : paused(cause);
}

function paused(cause?: unknown): ProviderError {
  return new ProviderError(
    "Google's credentials are missing or not valid: see GOOGLE_APPLICATION_CREDENTIALS",
    { kind: "paused", scope: PROJECT },
    { code: "credentials", cause },
  );
}
