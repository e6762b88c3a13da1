/** A field that is wrong, and why: https://developers.google.com/data-manager/api/reference/rest/v1/ErrorReason */
export type Violation = { field: string; description: string; reason: string };

/** An error as Google words it, with the HTTP status it comes under. */
export type GoogleError = {
  code: number;
  status: string;
  message: string;
  details?: readonly object[];
  headers?: Record<string, string>;
};

const SERVICE = "datamanager.googleapis.com";
const of = (type: string, content: object) => ({ "@type": `type.googleapis.com/google.rpc.${type}`, ...content });

/** The answer to a request that fails. https://docs.cloud.google.com/apis/design/errors#http_mapping */
export function errorResponse({ code, status, message, details, headers = {} }: GoogleError): Response {
  const error = { code, message, status, ...(details ? { details } : {}) };
  return Response.json({ error }, { status: code, headers });
}

/** Which error the API itself reports, on which request. */
export function reported(reason: string, requestId: string): object[] {
  return [of("ErrorInfo", { reason, domain: SERVICE, metadata: { requestId } }), of("RequestInfo", { requestId })];
}

/** A request of which nothing is processed: of one without violations it is not told what is wrong. */
export function invalidArgument(violations: readonly Violation[], requestId: string): GoogleError {
  const details = reported("INVALID_ARGUMENT", requestId);
  if (violations.length > 0) details.push(of("BadRequest", { fieldViolations: violations }));
  return { code: 400, status: "INVALID_ARGUMENT", message: "There was a problem with the request.", details };
}

/** A body that is no JSON; the web server before the API says so. */
export const NO_JSON: GoogleError = {
  code: 400,
  status: "INVALID_ARGUMENT",
  message: "Invalid JSON payload received. Unexpected token.",
};

/** A method that the API does not have. */
export const NO_METHOD: GoogleError = { code: 404, status: "NOT_FOUND", message: "Method not found." };

/** A request id that the API never gave, or gave for a request that was only validated. */
export function unknownRequest(requestId: string): GoogleError {
  const details = reported("INVALID_REQUEST_ID", requestId);
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

/** A request without a token. */
export const NO_TOKEN = unauthenticated(
  "CREDENTIALS_MISSING",
  "Request is missing required authentication credential.",
);

/** A token whose hour is over. */
export const EXPIRED_TOKEN = unauthenticated("ACCESS_TOKEN_EXPIRED", "Request had invalid authentication credentials.");

/** More requests than the project may make; only some answers tell when it may go on. */
export function tooMany(retryAfter?: number): GoogleError {
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

/** The API is not switched on in the Cloud project. */
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
