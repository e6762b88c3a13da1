import type { GraphError } from "./errors.ts";

/** Returns the token of an `Authorization: Bearer` header. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer (\S+)$/i.exec(header ?? "")?.[1];
}

const invalid = { status: 401, type: "OAuthException", code: 190 } as const;

/** The error of an expired token. */
export const EXPIRED_TOKEN: GraphError = {
  ...invalid,
  subcode: 463,
  message:
    "Error validating access token: Session has expired on Saturday, 21-Nov-26 02:00:00 PST. " +
    "The current time is Saturday, 21-Nov-26 03:12:09 PST.",
};

const PASSWORD_CHANGED: GraphError = {
  ...invalid,
  subcode: 460,
  message:
    "Error validating access token: The session has been invalidated because the user changed their password or " +
    "Facebook has changed the session for security reasons.",
};

/**
 * Returns the error of an invalid token, or undefined for a valid one. A token is valid if it begins with `sandbox`, so
 * each page can have one: `sandbox-1`, `sandbox-2`. `expired` and `password-changed` get Meta's errors for such tokens.
 */
export function tokenErrorOf(token: string | undefined): GraphError | undefined {
  if (token === undefined)
    return {
      status: 400,
      message: "An access token is required to request this resource.",
      type: "OAuthException",
      code: 104,
    };
  if (token.startsWith("sandbox")) return undefined;
  if (token === "expired") return EXPIRED_TOKEN;
  if (token === "password-changed") return PASSWORD_CHANGED;
  return { ...invalid, message: "Invalid OAuth access token - Cannot parse access token" };
}
