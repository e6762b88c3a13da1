import { createHash, createHmac } from "node:crypto";
import type { RawRequest } from "../http/raw-request.ts";
import type { Verified } from "./hmac.ts";
import { secretsEqual } from "./shared-secret.ts";

/** The fields of a form in any order. A name may occur several times. */
type FormFields = Iterable<readonly [name: string, value: string]>;

/** The query parameter with the SHA-256 of a body that is not a form. */
const BODY_HASH = "bodySHA256";

/**
 * Verifies a signature of Twilio's scheme: base64 of the HMAC-SHA1 over the full URL and the sorted fields of the form.
 * A body of another type is covered by its SHA-256 in the query. It compares in constant time and fails closed: without
 * a signature or a secret, and for a body that nothing covers, it returns false.
 *
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security and, for the port and repeated fields,
 * https://github.com/twilio/twilio-node/blob/main/src/webhooks/webhooks.ts
 * @param signature the value of the header `X-Twilio-Signature`
 */
export function verifySignedUrl(
  signature: string | undefined,
  request: Pick<RawRequest, "url" | "headers" | "query" | "body">,
  secrets: readonly string[],
): Verified {
  const form = isForm(request) ? new URLSearchParams(Buffer.from(request.body).toString()) : undefined;
  if (!form && !coversBody(request)) return false;
  const urls = withAndWithoutPort(request.url);
  return secrets.some(
    (secret) => secret !== "" && urls.some((url) => secretsEqual(signature ?? "", signUrl(secret, url, form))),
  );
}

/** Returns the signature that {@link verifySignedUrl} verifies, for samples and for the sandbox. */
export function signUrl(secret: string, url: string, form: FormFields = []): string {
  // A value that a field has several times counts once.
  const fields = [...new Map([...form].map((field) => [JSON.stringify(field), field])).values()];
  const sorted = fields.toSorted(([name, value], [otherName, otherValue]) =>
    name === otherName ? compare(value, otherValue) : compare(name, otherName),
  );
  return createHmac("sha1", secret)
    .update(url + sorted.flat().join(""))
    .digest("base64");
}

/** Code units decide the order, not a language. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function isForm({ headers }: Pick<RawRequest, "headers">): boolean {
  return /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers["content-type"] ?? "");
}

/** Whether the query has the hash of the body. A request without a body needs none. */
function coversBody({ query, body }: Pick<RawRequest, "query" | "body">): boolean {
  const hash = query.get(BODY_HASH);
  if (hash === null) return body.byteLength === 0;
  return secretsEqual(hash, createHash("sha256").update(body).digest("hex"));
}

/** The URL with and without its port, because Twilio's signature may contain the standard port or omit any port. */
function withAndWithoutPort(url: string): string[] {
  const [, scheme, host, port, rest = ""] = /^(https?):\/\/([^/?#]*?)(:\d+)?([/?].*)?$/s.exec(url) ?? [];
  if (scheme === undefined) return [url];
  const standardPort = scheme === "https" ? ":443" : ":80";
  return [`${scheme}://${host}${port ?? standardPort}${rest}`, `${scheme}://${host}${rest}`];
}
