import { STATUS_CODES } from "node:http";
import { truncatedResponse, noResponse, serverErrorPage } from "../faults/broken-responses.ts";
import { errorResponse, type TelegramError, tooManyRequests } from "./responses.ts";
import type { Call } from "./call.ts";

/** The faults of calls. `retry_after:14` has seconds, and `code:409` an HTTP status. */
const FAULT = new RegExp(
  "^(?:http_500|http_500_taken|timeout|timeout_taken|malformed|expired_token|retry_after:\\d{1,5}|code:[45]\\d\\d|" +
    "blocked|deactivated|kicked|migrate|entities|reply_gone|url_refused)$",
);

/** Whether calls have this fault. */
export function isTelegramFault(fault: string): boolean {
  return FAULT.test(fault);
}

/** Whether the call takes effect despite the fault. */
export function isAccepted(fault: string): boolean {
  return fault === "malformed" || fault.endsWith("_taken");
}

/** Returns which faults can change the response to a call. For example, only a text with markup can have invalid entities. */
export function appliesToCall({ method, parameters }: Call): (fault: string) => boolean {
  return (fault) => {
    if (fault === "entities") return JSON.stringify(parameters).includes('"parse_mode"');
    if (fault === "reply_gone")
      return (
        "reply_parameters" in parameters && !JSON.stringify(parameters).includes('"allow_sending_without_reply":true')
      );
    if (fault === "url_refused")
      return /"(?:photo|document|audio|video|voice|media)":"https?:/.test(JSON.stringify(parameters));
    if (fault === "migrate") return /^-(?!100)\d+$/.test(String(parameters["chat_id"]));
    return isTelegramFault(fault) && !(isAccepted(fault) && !method.startsWith("send"));
  };
}

/** Responds to a call with a fault. `signal` is aborted when the caller closes the connection. */
export function faultResponse(fault: string, { parameters }: Call, signal: AbortSignal): Response | Promise<Response> {
  if (fault.startsWith("http_500")) return serverErrorPage();
  if (fault.startsWith("timeout")) return noResponse(signal);
  if (fault === "malformed") return truncatedResponse('{"ok":true,"result":{"mess');
  const number = Number(fault.split(":")[1]);
  if (fault.startsWith("retry_after")) return errorResponse(tooManyRequests(number));
  if (fault.startsWith("code")) return errorResponse({ status: number, description: STATUS_CODES[number] ?? "Error" });
  if (fault === "migrate")
    return errorResponse({
      status: 400,
      description: "Bad Request: group chat was upgraded to a supergroup chat",
      parameters: { migrate_to_chat_id: Number(String(parameters["chat_id"]).replace("-", "-100")) },
    });
  return errorResponse(ERRORS[fault] ?? { status: 500, description: "Internal Server Error" });
}

const ERRORS: Readonly<Record<string, TelegramError>> = {
  expired_token: { status: 401, description: "Unauthorized" },
  blocked: { status: 403, description: "Forbidden: bot was blocked by the user" },
  deactivated: { status: 403, description: "Forbidden: user is deactivated" },
  kicked: { status: 403, description: "Forbidden: bot was kicked from the group chat" },
  entities: {
    status: 400,
    description: "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 0",
  },
  reply_gone: { status: 400, description: "Bad Request: message to be replied not found" },
  url_refused: { status: 400, description: "Bad Request: failed to get HTTP URL content" },
};
