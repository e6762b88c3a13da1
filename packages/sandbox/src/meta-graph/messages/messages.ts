import type { Context } from "hono";
import { type Fields, fieldsOf, textOf } from "../../json-fields.ts";
import type { RateLimit } from "../../rate-limits/rate-limiter.ts";
import type { SandboxDeps } from "../../deps.ts";
import { errorResponse, type GraphError } from "../errors.ts";
import { type HasMedia, validateSend } from "./send-body.ts";
import { invalidParameter, codeError } from "./errors.ts";
import { isSendFault, isStatusFault, isAccepted, sendFaultResponse } from "./faults.ts";
import { missingParameter } from "./send-fields.ts";
import type { StatusNotifier } from "./statuses.ts";
import { bearerToken, tokenErrorOf } from "../tokens.ts";

/** 80 messages a second per number: https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput */
const PER_NUMBER: RateLimit = { name: "whatsapp number", intervalMs: 1000 / 80, burst: 80 };

/** One message in 6 s to the same person, with a burst of 45. */
const PER_PAIR: RateLimit = { name: "whatsapp pair", intervalMs: 6000, burst: 45 };

/** The country code of the sandbox's own numbers. WhatsApp prepends it to a number without a plus sign. */
const OWN_COUNTRY = "49";

/**
 * The `wa_id` of most Brazilian mobile numbers does not have the 9 that all of them have since 2012. It therefore differs
 * from the number in the request.
 */
const BRAZILIAN_MOBILE = /^55(\d{2})9(\d{8})$/;

/** Creates the handler of `POST /<phone number id>/messages`, which sends messages and marks received ones as read. */
export function createMessages(deps: SandboxDeps, statuses: StatusNotifier, hasMedia: HasMedia) {
  const { now, faults, requests, rateLimiter, sent, actions } = deps;
  // The start time makes the ids of a restarted sandbox different.
  const series = now().getTime().toString(36);
  let count = 0;

  return async (c: Context, phoneNumberId: string): Promise<Response> => {
    const tokenError = tokenErrorOf(bearerToken(c.req.header("authorization")));
    requests.record(c.req.method, c.req.url, tokenError === undefined);
    if (tokenError) return errorResponse(tokenError, {});
    const body = fieldsOf(await c.req.json().catch(() => undefined));
    const to = textOf(body["to"]) ?? textOf(body["recipient"]) ?? "";
    const isMark = body["status"] !== undefined;
    const type = isMark ? "mark" : (textOf(body["type"]) ?? "text");
    const messageId = textOf(body["biz_opaque_callback_data"]);

    const facts = { api: "whatsapp", phoneNumberId, to, messageId, type };
    const subject = () => messageId ?? `${phoneNumberId} ${JSON.stringify(body)}`;
    const fault = faults.take(facts, (name) => isSendFault(name) && !(isMark && isAccepted(name)), subject);
    if (fault !== undefined && !isAccepted(fault)) return sendFaultResponse(fault, c.req.raw.signal);
    if (isMark) {
      const markError = validateMark(body);
      if (markError) return errorResponse(markError, {});
      actions.record({ channel: "whatsapp", account: phoneNumberId, action: "mark", content: body });
      return c.json({ success: true });
    }

    const error = validateSend(body, hasMedia);
    if (error) return errorResponse(error, {});
    const rejected = rateLimiter.use([
      { limit: PER_NUMBER, key: phoneNumberId },
      { limit: PER_PAIR, key: `${phoneNumberId} ${to}` },
    ]);
    if (rejected) return errorResponse(codeError(rejected.exceeded === PER_PAIR ? 131056 : 130429), {});

    const recipient = recipientOf(body);
    count += 1;
    const id = `wamid.${Buffer.from(`${recipient.name}:${series}:${count}`).toString("base64")}`;
    sent.record({
      channel: "whatsapp",
      account: phoneNumberId,
      to,
      messageId,
      externalId: id,
      type,
      text: visibleTextOf(type, fieldsOf(body[type])),
      content: body,
      fault,
      misdelivered: recipient.misdelivered,
    });
    const message = { id, phoneNumberId, recipient: recipient.inStatus, callbackData: messageId, type };
    await statuses.notify(message, faults.take(facts, isStatusFault, subject));
    if (fault !== undefined) return sendFaultResponse(fault, c.req.raw.signal);
    return c.json({
      messaging_product: "whatsapp",
      contacts: [{ input: to, ...recipient.inResponse }],
      messages: [{ id, ...(type === "template" ? { message_status: "accepted" } : {}) }],
    });
  };
}

/**
 * Returns the error of an invalid read mark, or undefined for a valid one.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/mark-message-as-read
 */
function validateMark(body: Fields): GraphError | undefined {
  if (body["messaging_product"] !== "whatsapp") return invalidParameter("The parameter messaging_product is required.");
  if (body["status"] !== "read") return codeError(131009, "Param status must be read");
  if (!textOf(body["message_id"])) return missingParameter("message_id");
  const typing = body["typing_indicator"];
  if (typing === undefined || fieldsOf(typing)["type"] === "text") return undefined;
  return codeError(131009, "Param typing_indicator['type'] must be text");
}

/**
 * Returns the recipient of a message. A phone number has priority over a user id.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
function recipientOf(body: Fields) {
  const phone = textOf(body["to"]);
  if (phone === undefined) {
    const name = textOf(body["recipient"]) ?? "";
    return { name, misdelivered: false, inResponse: { user_id: name }, inStatus: { recipient_user_id: name } };
  }
  const group = body["recipient_type"] === "group";
  const misdelivered = !group && !phone.startsWith("+");
  const name = group ? phone : `${misdelivered ? OWN_COUNTRY : ""}${phone.replaceAll(/\D/g, "")}`;
  const waId = group ? name : name.replace(BRAZILIAN_MOBILE, "55$1$2");
  return { name, misdelivered, inResponse: { wa_id: waId }, inStatus: { recipient_id: waId } };
}

/** Returns the text that the recipient sees. */
function visibleTextOf(type: string, content: Fields): string | undefined {
  if (type === "interactive") return textOf(fieldsOf(content["body"])["text"]);
  if (type === "text") return textOf(content["body"]);
  return textOf(content["caption"]) ?? textOf(content["emoji"]) ?? textOf(content["name"]);
}
