/** An invalid field and the reason: https://developers.google.com/data-manager/api/reference/rest/v1/ErrorReason */
export type Violation = { field: string; description: string; reason: string };

/** An error of a Google API with its HTTP status `code`. */
export type GoogleError = {
  code: number;
  status: string;
  message: string;
  details?: readonly object[];
  headers?: Record<string, string>;
};

const SERVICE = "datamanager.googleapis.com";
const of = (type: string, content: object) => ({ "@type": `type.googleapis.com/google.rpc.${type}`, ...content });

/** Builds the response to a request that fails. https://docs.cloud.google.com/apis/design/errors#http_mapping */
export function errorResponse({ code, status, message, details, headers = {} }: GoogleError): Response {
  const error = { code, message, status, ...(details ? { details } : {}) };
  return Response.json({ error }, { status: code, headers });
}

/** Builds the details of an error that the API itself reports. */
export function errorDetails(reason: string, requestId: string): object[] {
  return [of("ErrorInfo", { reason, domain: SERVICE, metadata: { requestId } }), of("RequestInfo", { requestId })];
}

/** The request is invalid, so the API processes none of it. Without `violations` the error names no fields. */
export function invalidArgument(violations: readonly Violation[], requestId: string): GoogleError {
  const details = errorDetails("INVALID_ARGUMENT", requestId);
  if (violations.length > 0) details.push(of("BadRequest", { fieldViolations: violations }));
  return { code: 400, status: "INVALID_ARGUMENT", message: "There was a problem with the request.", details };
}

/** The body is no JSON. The web server in front of the API returns this error. */
export const INVALID_JSON: GoogleError = {
  code: 400,
  status: "INVALID_ARGUMENT",
  message: "Invalid JSON payload received. Unexpected token.",
};

/** The API has no such method. */
export const METHOD_NOT_FOUND: GoogleError = { code: 404, status: "NOT_FOUND", message: "Method not found." };

/** The API did not assign this request id, or assigned it to a request with `validateOnly`. */
export function unknownRequest(requestId: string): GoogleError {
  const details = errorDetails("INVALID_REQUEST_ID", requestId);
  return { code: 404, status: "NOT_FOUND", message: "The request ID is not valid.", details };
}

function unauthenticated(reason: string, message: string): GoogleError {
  return {
    code: 401,
    status: "UNAUTHENTICATED",
    message: `${message} Expected OAuth 2 access token, login cookie or other valid authentication credential.`,
    details: [of("ErrorInfo", { reason, domain: "googleapis.com", metadata: { service: SERVICE } })],
    headers: { "www-authenticate": 'Bearer realm="https://accounts.google.com/"' },
  };
}

/** The request has no token. */
export const MISSING_TOKEN = unauthenticated(
  "CREDENTIALS_MISSING",
  "Request is missing required authentication credential.",
);

/** The token is expired. */
export const EXPIRED_TOKEN = unauthenticated("ACCESS_TOKEN_EXPIRED", "Request had invalid authentication credentials.");

/** The project exceeds its quota. `retryAfter` is the delay in seconds, which only some responses have. */
export function rateLimitExceeded(retryAfter?: number): GoogleError {
  const quota = {
    reason: "RATE_LIMIT_EXCEEDED",
    domain: "googleapis.com",
    metadata: { service: SERVICE, quota_limit_value: "300", quota_unit: "1/min/{project}" },
  };
  const retry = retryAfter === undefined ? [] : [of("RetryInfo", { retryDelay: `${retryAfter}s` })];
  return {
    code: 429,
    status: "RESOURCE_EXHAUSTED",
    message: `Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service '${SERVICE}'.`,
    details: [of("ErrorInfo", quota), ...retry],
    headers: retryAfter === undefined ? {} : { "retry-after": String(retryAfter) },
  };
}

/** The API is not enabled in the Cloud project. */
export const SERVICE_DISABLED: GoogleError = {
  code: 403,
  status: "PERMISSION_DENIED",
  message:
    "Data Manager API has not been used in project PROJECT_NUMBER before or it is disabled. Enable it by visiting " +
    `https://console.cloud.google.com/apis/api/${SERVICE}/overview?project=PROJECT_NUMBER then retry. If you enabled ` +
    "this API recently, wait a few minutes for the action to propagate to our systems and retry.",
  details: [
    of("ErrorInfo", {
      reason: "SERVICE_DISABLED",
      domain: "googleapis.com",
      metadata: {
        consumer: "projects/PROJECT_NUMBER",
        service: SERVICE,
        containerInfo: "PROJECT_NUMBER",
        serviceTitle: "Data Manager API",
      },
    }),
  ],
};
