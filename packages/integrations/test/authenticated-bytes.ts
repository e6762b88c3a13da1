import fc from "fast-check";
import type { RawRequest } from "@millrace/core";

/** Bytes that authenticate a request, with a function that replaces them. */
type AuthenticatedBytes = { bytes: Uint8Array; replace(bytes: Buffer): RawRequest };

/** The bytes that authenticate a request: the headers and parameters that hold a secret, or the body of a signed request. */
export function authenticatedBytes(request: RawRequest, secrets: readonly string[]): AuthenticatedBytes[] {
  const carried = (["headers", "params"] as const).flatMap((part) =>
    Object.entries(request[part]).flatMap(([name, value]) => {
      if (!secrets.some((secret) => value?.includes(secret))) return [];
      const replace = (bytes: Buffer) => ({
        ...request,
        [part]: { ...request[part], [name]: bytes.toString("latin1") },
      });
      return [{ bytes: Buffer.from(value ?? "", "latin1"), replace }];
    }),
  );
  return carried.length > 0 ? carried : [{ bytes: request.body, replace: (body) => ({ ...request, body }) }];
}

/** The bytes of the URL that the sender saw. */
export function urlBytes(request: RawRequest): AuthenticatedBytes {
  return { bytes: Buffer.from(request.url), replace: (url) => ({ ...request, url: url.toString("latin1") }) };
}

/** The request with one flipped bit in these bytes. */
export function flipped({ bytes, replace }: AuthenticatedBytes): fc.Arbitrary<RawRequest> {
  return fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 6 })).map(([at, bit]) => {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << bit);
    return replace(changed);
  });
}

/** Whether two bodies are forms with the same fields. A flipped bit can change `%2b` into `%2B`, which is no change. */
export function isSameForm(a: RawRequest, b: RawRequest): boolean {
  const fields = ({ body }: RawRequest) => String(new URLSearchParams(Buffer.from(body).toString()));
  return (a.headers["content-type"] ?? "").includes("x-www-form-urlencoded") && fields(a) === fields(b);
}
