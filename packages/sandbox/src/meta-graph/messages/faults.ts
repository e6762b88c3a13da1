import { halfAnswer, noAnswer, serverDown } from "../../faults/broken-responses.ts";
import { errorResponse } from "../errors.ts";
import { sendError } from "./errors.ts";
import { EXPIRED_TOKEN } from "../tokens.ts";

/** What can go wrong with a send on request. */
const SEND_FAULTS = [
  "expired_token",
  /** 5xx, and the message is not taken. */
  "http_500",
  /** 5xx, although the message is taken. */
  "http_500_taken",
  /** No answer until the caller goes away, and the message is not taken. */
  "timeout",
  /** No answer, although the message is taken. */
  "timeout_taken",
  /** 200 and half a body; the message is taken. */
  "malformed",
];

/** A documented error of WhatsApp's, e.g. `code:131056`. */
const CODE = /^code:(\d{1,7})$/;

/** What can go wrong with the statuses of a message on request. `status_failed:131047` says with which code. */
const STATUS_FAULT =
  /^(?:status_first|status_twice|status_reordered|status_late|no_status|status_failed(?::\d{1,7})?)$/;

/** Whether a send can fail so. */
export function isSendFault(fault: string): boolean {
  return SEND_FAULTS.includes(fault) || CODE.test(fault);
}

/** Whether the statuses of a message can go wrong so. */
export function isStatusFault(fault: string): boolean {
  return STATUS_FAULT.test(fault);
}

/** Whether the message is taken all the same. */
export function isTaken(fault: string): boolean {
  return fault === "malformed" || fault.endsWith("_taken");
}

/** Answers a send with a fault. `gone` fires when the caller goes away. */
export function sendFaultResponse(fault: string, gone: AbortSignal): Response | Promise<Response> {
  const code = CODE.exec(fault)?.[1];
  if (code !== undefined) return errorResponse(sendError(Number(code)), {});
  if (fault === "expired_token") return errorResponse(EXPIRED_TOKEN, {});
  if (fault === "malformed") return halfAnswer('{"messaging_product":"whatsapp","contacts":[{"inp');
  return fault.startsWith("http_500") ? serverDown() : noAnswer(gone);
}
