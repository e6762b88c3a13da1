import { createHash } from "node:crypto";

/** An error as the Graph API words it, with the HTTP status it comes under. */
export type GraphError = {
  status: number;
  message: string;
  type: "OAuthException" | "GraphMethodException";
  code: number;
  subcode?: number;
  isTransient?: boolean;
  /** What WhatsApp adds in words. */
  details?: string;
};

/** The business that the usage header counts for. */
const BUSINESS_ID = "900000000000001";

/**
 * The usage header of an answer. `regainMinutes` is how long a throttled caller must wait, 0 where Meta does not say.
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

/** The answer to a call that fails. https://developers.facebook.com/docs/graph-api/guides/error-handling */
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

/** No such object, or none that this token may see: Meta does not say which. */
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

/** An id that is none. */
export function unknownAlias(id: string): GraphError {
  return {
    status: 404,
    message: `(#803) Some of the aliases you requested do not exist: ${id}`,
    type: "OAuthException",
    code: 803,
  };
}

/** A field that a lead does not have. */
export function unknownField(field: string): GraphError {
  return {
    status: 400,
    message: `(#100) Tried accessing nonexisting field (${field})`,
    type: "OAuthException",
    code: 100,
  };
}

/** A path that leads nowhere. */
export function unknownPath(path: string): GraphError {
  return { status: 400, message: `Unknown path components: ${path}`, type: "OAuthException", code: 2500 };
}
