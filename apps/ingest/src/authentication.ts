import { createHash } from "node:crypto";
import { type ApiRoute, type RawRequest, secretsEqual } from "@millrace/core";
import { Refusal } from "./refusal.ts";

/** Tells who calls a route, by a name that holds no secret. Throws a Refusal with 401 when nobody proved who it is. */
export type Proof = (route: ApiRoute, request: RawRequest, now: Date) => string;

/** {@link Proof} by the route's own check where it has one, else by one of these keys. Without keys it fails closed. */
export function proofBy(apiKeys: readonly string[]): Proof {
  const known = apiKeys.map((key) => ({ key, caller: createHash("sha256").update(key).digest("hex").slice(0, 12) }));
  return (route, request, now) => {
    if (route.authenticate) {
      if (route.authenticate(request, now)) return route.paths[0];
      throw new Refusal(401, "Proof refused", { detail: `this route asks for ${route.authentication}` });
    }
    if (known.length === 0) throw unproven("no API key is configured: set API_KEYS");
    const given = bearerToken(request.headers["authorization"]);
    // Every key is compared, so that the time taken does not tell which one it was.
    const [caller] = known.filter(({ key }) => secretsEqual(given, key)).map(({ caller }) => caller);
    if (caller === undefined) throw unproven("send one of API_KEYS as Authorization: Bearer");
    return caller;
  };
}

function unproven(detail: string): Refusal {
  return new Refusal(401, "API key refused", { detail }, { "WWW-Authenticate": "Bearer" });
}

/** The token of an `Authorization: Bearer` header (RFC 6750 section 2.1), empty where there is none. */
function bearerToken(header: string | undefined): string {
  return /^bearer +([\x21-\x7e]+)$/i.exec(header ?? "")?.[1] ?? "";
}
