import { ProviderError, retryable, unavailable } from "@millrace/core";
import { noFile } from "./key.ts";

/**
 * Errors that last until an operator corrects bucket, region, permissions or credentials, in addition to 401 and 403.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const NEEDS_OPERATOR: ReadonlySet<string> = new Set([
  "NoSuchBucket",
  "PermanentRedirect",
  "AuthorizationHeaderMalformed",
  "ExpiredToken",
  "InvalidToken",
  "CredentialsProviderError",
]);

/** Errors that also come with a status below 500 and mean that the store is overloaded or the connection is slow. */
const IS_OVERLOADED: ReadonlySet<string> = new Set(["RequestTimeout", "SlowDown"]);

/**
 * Classifies an error of S3 or of the connection to it. The message has only its code, because the SDK's errors contain
 * the request with its signature.
 */
export function s3Error(error: unknown, scope: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const { code, status } = codeAndStatus(error);
  if (code === "NoSuchKey") return noFile();
  if (status === 401 || status === 403 || NEEDS_OPERATOR.has(code)) {
    return new ProviderError(`the media store rejected the request: ${code}`, { kind: "paused", scope }, { code });
  }
  const message = `the media store failed: ${code}`;
  // Another rejection can be the fault of the one file.
  const isRejection = status !== undefined && status < 500 && status !== 429 && !IS_OVERLOADED.has(code);
  return isRejection ? retryable(message, { code }) : unavailable(message, scope, { code });
}

/** Returns the code of the service (`NoSuchKey`) or of the network (`ECONNREFUSED`), and the HTTP status if there is one. */
function codeAndStatus(error: unknown): { code: string; status: number | undefined } {
  if (!(error instanceof Error)) return { code: "unknown", status: undefined };
  const status =
    "$metadata" in error &&
    typeof error.$metadata === "object" &&
    error.$metadata &&
    "httpStatusCode" in error.$metadata
      ? Number(error.$metadata.httpStatusCode)
      : undefined;
  const reported = "code" in error ? String(error.code) : error.name;
  return { code: /^[\w.-]{1,60}$/.test(reported) ? reported : "unknown", status };
}
