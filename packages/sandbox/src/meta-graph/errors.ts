import { createHash } from "node:crypto";

/** An error of the Graph API with its HTTP status. */
export type GraphError = {
  status: number;
  message: string;
  type: "OAuthException" | "GraphMethodException";
  code: number;
  subcode?: number;
  isTransient?: boolean;
  /** The `error_data.details` of WhatsApp. */
  details?: string;
};

/** The business that the usage header names. */
const BUSINESS_ID = "900000000000001";

/**
 * Builds the usage header of a response. `regainMinutes` is how long a throttled caller must wait; 0 where Meta does not
 * estimate it.
 * https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers-2
 */
export function usageHeader(percent: number, regainMinutes: number): Record<string, string> {
  const usage = {
    type: "leadgen",
    call_count: percent,
    total_cputime: percent,
    total_time: percent,
    estimated_time_to_regain_access: regainMinutes,
  };
  return { "x-business-use-case-usage": JSON.stringify({ [BUSINESS_ID]: [usage] }) };
}

/** Builds the response to a call that fails. https://developers.facebook.com/docs/graph-api/guides/error-handling */
export function errorResponse(error: GraphError, headers: Record<string, string> = usageHeader(3, 0)): Response {
  const { status, message, type, code, subcode, isTransient, details } = error;
  const body = {
    error: {
      message,
      type,
      ...(isTransient === undefined ? {} : { is_transient: isTransient }),
      code,
      ...(details === undefined ? {} : { error_data: { messaging_product: "whatsapp", details } }),
      ...(subcode === undefined ? {} : { error_subcode: subcode }),
      fbtrace_id: `A${createHash("sha256").update(message).digest("base64url").slice(0, 22)}`,
    },
  };
  const invalidToken = code === 190;
  return Response.json(body, {
    status,
    headers: {
      ...headers,
      ...(invalidToken ? { "www-authenticate": `OAuth "Facebook Platform" "invalid_token" "${message}"` } : {}),
    },
  });
}

/** The object does not exist, or the token may not read it: Meta does not distinguish them. */
export function missingObject(id: string): GraphError {
  return {
    status: 400,
    message:
      `Unsupported get request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, ` +
      "or does not support this operation. Please read the Graph API documentation at " +
      "https://developers.facebook.com/docs/graph-api",
    type: "GraphMethodException",
    code: 100,
    subcode: 33,
  };
}

/** The id is no number. */
export function unknownAlias(id: string): GraphError {
  return {
    status: 404,
    message: `(#803) Some of the aliases you requested do not exist: ${id}`,
    type: "OAuthException",
    code: 803,
  };
}

/** A lead has no such field. */
export function unknownField(field: string): GraphError {
  return {
    status: 400,
    message: `(#100) Tried accessing nonexisting field (${field})`,
    type: "OAuthException",
    code: 100,
  };
}

/** The API has no such path. */
export function unknownPath(path: string): GraphError {
  return { status: 400, message: `Unknown path components: ${path}`, type: "OAuthException", code: 2500 };
}
