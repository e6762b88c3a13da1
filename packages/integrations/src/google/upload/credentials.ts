import { ProviderError, unavailable } from "@millrace/core";
import type { AuthClient } from "google-auth-library";
import { isObject } from "../../shared/json-value.ts";
import { PROJECT_SCOPE } from "./api-error.ts";

/**
 * Returns an access token for Google. With `refresh` it returns a new one instead of the last.
 * Rejects with ProviderError only.
 */
export type AccessToken = (refresh: boolean) => Promise<string>;

/** https://developers.google.com/data-manager/api/devguides/quickstart/set-up-access */
const SCOPE = "https://www.googleapis.com/auth/datamanager";

/** The timeout of Google's token service, in ms. The library has no timeout of its own. */
const TOKEN_MS = 10_000;

/** The configured token, or tokens of google-auth-library, which keeps one until shortly before it expires. */
export function accessTokens(fixed: string | undefined): AccessToken {
  if (fixed !== undefined) return () => Promise.resolve(fixed);
  let client: Promise<AuthClient> | undefined;
  return async (refresh) => {
    // A new client does not use the last token.
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
  // The import is here because a configured token does not need the library.
  const { GoogleAuth } = await import("google-auth-library");
  const clientOptions = { transporterOptions: { timeout: TOKEN_MS } };
  return new GoogleAuth({ scopes: SCOPE, clientOptions }).getClient();
}

/** The library's messages can contain parts of the file or of a response, so the error contains none of them. */
function failureOf(cause: unknown): ProviderError {
  if (!isObject(cause) || !("config" in cause)) return paused(cause);
  const status = cause["status"];
  const isTemporary = typeof status !== "number" || status === 429 || status >= 500;
  return isTemporary
    ? unavailable("Google's token service is unavailable", PROJECT_SCOPE, { code: "token", cause })
    : paused(cause);
}

function paused(cause?: unknown): ProviderError {
  return new ProviderError(
    "Google's credentials are missing or not valid: see GOOGLE_APPLICATION_CREDENTIALS",
    { kind: "paused", scope: PROJECT_SCOPE },
    { code: "credentials", cause },
  );
}
