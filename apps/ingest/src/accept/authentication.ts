import { createHash } from "node:crypto";
import { type ApiRoute, type Authentic, type RawRequest, secretsEqual } from "@millrace/core";
import { HttpError } from "../http/http-error.ts";

/** An authenticated caller, by a name that holds no secret. */
export type AuthenticatedCaller = Authentic & { caller: string };

/**
 * Authenticates the caller of a route.
 * @throws HttpError with 401 when the caller is not authenticated
 */
export type Authenticate = (route: ApiRoute, request: RawRequest, now: Date) => AuthenticatedCaller;

/** {@link Authenticate} by the route's own scheme, else by an API key. Without API keys it refuses every caller. */
export function createAuthenticate(apiKeys: readonly string[]): Authenticate {
  const callers = apiKeys.map((key) => ({ key, caller: createHash("sha256").update(key).digest("hex").slice(0, 12) }));
  return (route, request, now) => {
    if (route.authenticate) {
      const authentic = route.authenticate(request, now);
      if (authentic) return { ...authentic, caller: route.paths[0] };
      throw new HttpError(401, "Authentication failed", { detail: `this route requires ${route.authentication}` });
    }
    if (callers.length === 0) throw keyRefused("no API key is configured: set API_KEYS");
    const token = bearerToken(request.headers["authorization"]);
    // Every key is compared, so that the time taken does not reveal which one matched.
    const [match] = callers.filter(({ key }) => secretsEqual(token, key));
    if (match === undefined) throw keyRefused("send one of API_KEYS as Authorization: Bearer");
    return { caller: match.caller };
  };
}

function keyRefused(detail: string): HttpError {
  return new HttpError(401, "API key refused", { detail }, { "WWW-Authenticate": "Bearer" });
}

/** The token of an `Authorization: Bearer` header (RFC 6750 section 2.1); empty when there is none. */
function bearerToken(header: string | undefined): string {
  return /^bearer +([\x21-\x7e]+)$/i.exec(header ?? "")?.[1] ?? "";
}
