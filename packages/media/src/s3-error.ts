import { ProviderError, retryable } from "@millrace/core";
import { noFile } from "./key.ts";

/**
 * Refusals that stay until a person has seen to bucket, region, permission or credentials, besides 401 and 403.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const NEEDS_A_PERSON: ReadonlySet<string> = new Set([
  "NoSuchBucket",
  "PermanentRedirect",
  "AuthorizationHeaderMalformed",
  "ExpiredToken",
  "InvalidToken",
  "CredentialsProviderError",
]);

/**
 * What is to be done after an error of S3 or of the way there. Only its code is told: the SDK's own errors hold the
 * request, with its signature.
 */
export function s3Error(error: unknown, scope: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const { code, status } = factsOf(error);
  if (code === "NoSuchKey") return noFile();
  if (status === 401 || status === 403 || NEEDS_A_PERSON.has(code)) {
    return new ProviderError(`the media store refuses us: ${code}`, { kind: "paused", scope }, { code });
  }
  return retryable(`the media store failed: ${code}`, { code });
}

/** The service's code (`NoSuchKey`), else the network's (`ECONNREFUSED`), and the HTTP status where one came. */
function factsOf(error: unknown): { code: string; status: number | undefined } {
  if (!(error instanceof Error)) return { code: "unknown", status: undefined };
  const status =
    "$metadata" in error &&
    typeof error.$metadata === "object" &&
    error.$metadata &&
    "httpStatusCode" in error.$metadata
      ? Number(error.$metadata.httpStatusCode)
      : undefined;
  const told = "code" in error ? String(error.code) : error.name;
  return { code: /^[\w.-]{1,60}$/.test(told) ? told : "unknown", status };
}
