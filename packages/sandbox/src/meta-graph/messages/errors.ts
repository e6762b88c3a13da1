import type { GraphError } from "../errors.ts";

const oauth = { type: "OAuthException" } as const;

/**
 * The HTTP status and the title of each error code.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
const CODES: Record<number, readonly [status: number, title: string]> = {
  0: [401, "AuthException"],
  1: [400, "API Unknown"],
  2: [503, "API Service"],
  3: [500, "API Method"],
  4: [400, "API Too Many Calls"],
  10: [403, "Permission Denied"],
  33: [400, "Parameter value is not valid"],
  100: [400, "Invalid parameter"],
  190: [401, "Access token has expired"],
  200: [403, "API Permission"],
  368: [403, "Temporarily blocked for policies violations"],
  80007: [400, "Rate limit issues"],
  130429: [400, "Rate limit hit"],
  130472: [400, "User's number is part of an experiment"],
  130497: [403, "Business account is restricted from messaging users in this country"],
  131000: [500, "Something went wrong"],
  131005: [403, "Access denied"],
  131008: [400, "Required parameter is missing"],
  131009: [400, "Parameter value is not valid"],
  131016: [500, "Service unavailable"],
  131021: [400, "Recipient cannot be sender"],
  131026: [400, "Message undeliverable"],
  131030: [400, "Recipient phone number not in allowed list"],
  131031: [403, "Account has been locked"],
  131037: [400, "WhatsApp provided number needs display name approval before message can be sent"],
  131042: [400, "Business eligibility payment issue"],
  131045: [500, "Incorrect certificate"],
  131047: [400, "Re-engagement message"],
  131048: [400, "Spam rate limit hit"],
  131049: [400, "Meta chose not to deliver"],
  131050: [400, "User has stopped marketing messages"],
  131051: [400, "Unsupported message type"],
  131052: [400, "Media download error"],
  131053: [400, "Media upload error"],
  131055: [400, "Method not allowed"],
  131056: [400, "(Business Account, Consumer Account) pair rate limit hit"],
  131057: [500, "Account in maintenance mode"],
  131062: [400, "Business-scoped User ID recipients are not supported for this message"],
  131063: [400, "Marketing templates are disabled on Cloud API"],
  131064: [400, "Business verification needed"],
  132000: [400, "Template Param Count Mismatch"],
  132001: [404, "Template does not exist"],
  132005: [400, "Template Hydrated Text Too Long"],
  132007: [400, "Template Format Character Policy Violated"],
  132008: [400, "Template Parameter Value Mismatch"],
  132012: [400, "Template Parameter Format Mismatch"],
  132015: [400, "Template is Paused"],
  132016: [400, "Template is Disabled"],
  132068: [400, "Flow is blocked"],
  132069: [400, "Flow is throttled"],
  133004: [503, "Server Temporarily Unavailable"],
  133010: [400, "Phone number not registered"],
  133016: [400, "Account register deregister rate limit exceeded"],
  134011: [403, "WhatsApp Business Payments terms of service not accepted"],
  134100: [400, "Only marketing messages supported"],
  134101: [400, "Template syncing"],
  135000: [400, "Generic user error"],
  137000: [400, "Identity key mismatch"],
  2494100: [500, "Account in maintenance mode"],
};

/** Returns the title that an error code has in a status webhook. */
export function titleOf(code: number): string {
  return CODES[code]?.[1] ?? "Something went wrong";
}

/** Builds the error of a code. An undocumented code has the HTTP status 400. `details` defaults to the title. */
export function codeError(code: number, details?: string): GraphError {
  const title = titleOf(code);
  return { ...oauth, status: CODES[code]?.[0] ?? 400, code, message: `(#${code}) ${title}`, details: details ?? title };
}

/** A parameter is invalid: the error of WhatsApp's first check of a request. */
export function invalidParameter(message: string): GraphError {
  return { ...oauth, status: 400, code: 100, message: `(#100) ${message}` };
}
