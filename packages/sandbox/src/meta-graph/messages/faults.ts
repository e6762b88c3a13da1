import { truncatedResponse, noResponse, serverErrorPage } from "../../faults/broken-responses.ts";
import { errorResponse } from "../errors.ts";
import { codeError } from "./errors.ts";
import { EXPIRED_TOKEN } from "../tokens.ts";

/** The faults of sends. */
const SEND_FAULTS = [
  "expired_token",
  /** 5xx, and WhatsApp does not accept the message. */
  "http_500",
  /** 5xx, although WhatsApp accepts the message. */
  "http_500_taken",
  /** No response until the caller closes the connection, and WhatsApp does not accept the message. */
  "timeout",
  /** No response, although WhatsApp accepts the message. */
  "timeout_taken",
  /** 200 with a truncated body; WhatsApp accepts the message. */
  "malformed",
];

/** An error code of WhatsApp, such as `code:131056`. */
const CODE = /^code:(\d{1,7})$/;

/** The faults of the statuses of a message. `status_failed:131047` has an error code. */
const STATUS_FAULT =
  /^(?:status_first|status_twice|status_reordered|status_late|no_status|status_failed(?::\d{1,7})?)$/;

/** Whether sends have this fault. */
export function isSendFault(fault: string): boolean {
  return SEND_FAULTS.includes(fault) || CODE.test(fault);
}

/** Whether the statuses of a message have this fault. */
export function isStatusFault(fault: string): boolean {
  return STATUS_FAULT.test(fault);
}

/** Whether WhatsApp accepts the message despite the fault. */
export function isAccepted(fault: string): boolean {
  return fault === "malformed" || fault.endsWith("_taken");
}

/** Responds to a send with a fault. `signal` is aborted when the caller closes the connection. */
export function sendFaultResponse(fault: string, signal: AbortSignal): Response | Promise<Response> {
  const code = CODE.exec(fault)?.[1];
  if (code !== undefined) return errorResponse(codeError(Number(code)), {});
  if (fault === "expired_token") return errorResponse(EXPIRED_TOKEN, {});
  if (fault === "malformed") return truncatedResponse('{"messaging_product":"whatsapp","contacts":[{"inp');
  return fault.startsWith("http_500") ? serverErrorPage() : noResponse(signal);
}
