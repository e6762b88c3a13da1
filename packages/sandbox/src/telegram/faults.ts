import { STATUS_CODES } from "node:http";
import { halfAnswer, noAnswer, serverDown } from "../faults/broken-responses.ts";
import { refusalResponse, type TelegramError, tooMany } from "./responses.ts";
import type { Call } from "./call.ts";

/** What can go wrong with a call on request; with how many seconds to wait, or under which status, where a number follows. */
const FAULT = new RegExp(
  "^(?:http_500|http_500_taken|timeout|timeout_taken|malformed|expired_token|retry_after:\\d{1,5}|code:[45]\\d\\d|" +
    "blocked|deactivated|kicked|migrate|entities|reply_gone|url_refused)$",
);

/** Whether a call can fail so. */
export function isTelegramFault(fault: string): boolean {
  return FAULT.test(fault);
}

/** Whether the call takes effect all the same. */
export function isTaken(fault: string): boolean {
  return fault === "malformed" || fault.endsWith("_taken");
}

/** Whether a fault makes a difference to a call: only marked up text can be marked up wrongly. */
export function concerns({ method, parameters }: Call): (fault: string) => boolean {
  return (fault) => {
    if (fault === "entities") return JSON.stringify(parameters).includes('"parse_mode"');
    if (fault === "reply_gone")
      return (
        "reply_parameters" in parameters && !JSON.stringify(parameters).includes('"allow_sending_without_reply":true')
      );
    if (fault === "url_refused")
      return /"(?:photo|document|audio|video|voice|media)":"https?:/.test(JSON.stringify(parameters));
    if (fault === "migrate") return /^-(?!100)\d+$/.test(String(parameters["chat_id"]));
    return isTelegramFault(fault) && !(isTaken(fault) && !method.startsWith("send"));
  };
}

/** Answers a call with a fault. `gone` fires when the caller goes away. */
export function faultResponse(fault: string, { parameters }: Call, gone: AbortSignal): Response | Promise<Response> {
  if (fault.startsWith("http_500")) return serverDown();
  if (fault.startsWith("timeout")) return noAnswer(gone);
  if (fault === "malformed") return halfAnswer('{"ok":true,"result":{"mess');
  const number = Number(fault.split(":")[1]);
  if (fault.startsWith("retry_after")) return refusalResponse(tooMany(number));
  if (fault.startsWith("code"))
    return refusalResponse({ status: number, description: STATUS_CODES[number] ?? "Error" });
  if (fault === "migrate")
    return refusalResponse({
      status: 400,
      description: "Bad Request: group chat was upgraded to a supergroup chat",
      parameters: { migrate_to_chat_id: Number(String(parameters["chat_id"]).replace("-", "-100")) },
    });
  return refusalResponse(REFUSALS[fault] ?? { status: 500, description: "Internal Server Error" });
}

const REFUSALS: Readonly<Record<string, TelegramError>> = {
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
