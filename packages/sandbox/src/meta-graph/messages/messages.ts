import type { Context } from "hono";
import { type Fields, fieldsOf, textOf } from "../../json-fields.ts";
import type { Limit } from "../../rate-limits/rate-limiter.ts";
import type { SandboxParts } from "../../deps.ts";
import { errorResponse, type GraphError } from "../errors.ts";
import { type HasMedia, sendProblem } from "./send-body.ts";
import { badParam, sendError } from "./errors.ts";
import { isSendFault, isStatusFault, isTaken, sendFaultResponse } from "./faults.ts";
import { missing } from "./send-fields.ts";
import type { StatusTeller } from "./statuses.ts";
import { bearerToken, refusalOf } from "../tokens.ts";

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput */
const PER_NUMBER: Limit = { name: "whatsapp number", intervalMs: 1000 / 80, burst: 80 };

/** One message in 6 s to the same person, up to 45 of them borrowed from the future. */
const PER_PAIR: Limit = { name: "whatsapp pair", intervalMs: 6000, burst: 45 };

/** The country code of the sandbox's own numbers: WhatsApp puts it before a number without a plus sign. */
const OWN_COUNTRY = "49";

/**
 * WhatsApp knows most Brazilian mobiles without the 9 that was put before them in 2012: its `wa_id` is not the number
 * that was written to.
 */
const BRAZILIAN_MOBILE = /^55(\d{2})9(\d{8})$/;

/** `POST /<phone number id>/messages`: messages, and the marks on those of the other side. */
export function createMessages(parts: SandboxParts, statuses: StatusTeller, hasMedia: HasMedia) {
  const { now, faults, requests, limits, sent, actions } = parts;
  // A sandbox that is started again must not give the same ids.
  const series = now().getTime().toString(36);
  let count = 0;

  return async (c: Context, phoneNumberId: string): Promise<Response> => {
    const refusal = refusalOf(bearerToken(c.req.header("authorization")));
    requests.record(c.req.method, c.req.url, refusal === undefined);
    if (refusal) return errorResponse(refusal, {});
    const body = fieldsOf(await c.req.json().catch(() => undefined));
    const to = textOf(body["to"]) ?? textOf(body["recipient"]) ?? "";
    const marks = body["status"] !== undefined;
    const type = marks ? "mark" : (textOf(body["type"]) ?? "text");
    const messageId = textOf(body["biz_opaque_callback_data"]);

    const facts = { api: "whatsapp", phoneNumberId, to, messageId, type };
    const subject = () => messageId ?? `${phoneNumberId} ${JSON.stringify(body)}`;
    const fault = faults.take(facts, (name) => isSendFault(name) && !(marks && isTaken(name)), subject);
    if (fault !== undefined && !isTaken(fault)) return sendFaultResponse(fault, c.req.raw.signal);
    if (marks) {
      const wrong = markProblem(body);
      if (wrong) return errorResponse(wrong, {});
      actions.record({ channel: "whatsapp", account: phoneNumberId, action: "mark", content: body });
      return c.json({ success: true });
    }

    const problem = sendProblem(body, hasMedia);
    if (problem) return errorResponse(problem, {});
    const over = limits.use([
      { limit: PER_NUMBER, key: phoneNumberId },
      { limit: PER_PAIR, key: `${phoneNumberId} ${to}` },
    ]);
    if (over) return errorResponse(sendError(over.exceeded === PER_PAIR ? 131056 : 130429), {});

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
      text: wordsOf(type, fieldsOf(body[type])),
      content: body,
      fault,
      misdelivered: recipient.stranger,
    });
    const message = { id, phoneNumberId, recipient: recipient.inStatus, callbackData: messageId, type };
    await statuses.follow(message, faults.take(facts, isStatusFault, subject));
    if (fault !== undefined) return sendFaultResponse(fault, c.req.raw.signal);
    return c.json({
      messaging_product: "whatsapp",
      contacts: [{ input: to, ...recipient.inAnswer }],
      messages: [{ id, ...(type === "template" ? { message_status: "accepted" } : {}) }],
    });
  };
}

/**
 * What WhatsApp has against marking a message of the other side; undefined when it does it.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/mark-message-as-read
 */
function markProblem(body: Fields): GraphError | undefined {
  if (body["messaging_product"] !== "whatsapp") return badParam("The parameter messaging_product is required.");
  if (body["status"] !== "read") return sendError(131009, "Param status must be read");
  if (!textOf(body["message_id"])) return missing("message_id");
  const typing = body["typing_indicator"];
  if (typing === undefined || fieldsOf(typing)["type"] === "text") return undefined;
  return sendError(131009, "Param typing_indicator['type'] must be text");
}

/**
 * Who gets a message. A phone number wins over a user id.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
function recipientOf(body: Fields) {
  const phone = textOf(body["to"]);
  if (phone === undefined) {
    const name = textOf(body["recipient"]) ?? "";
    return { name, stranger: false, inAnswer: { user_id: name }, inStatus: { recipient_user_id: name } };
  }
  const group = body["recipient_type"] === "group";
  const stranger = !group && !phone.startsWith("+");
  const name = group ? phone : `${stranger ? OWN_COUNTRY : ""}${phone.replaceAll(/\D/g, "")}`;
  const waId = group ? name : name.replace(BRAZILIAN_MOBILE, "55$1$2");
  return { name, stranger, inAnswer: { wa_id: waId }, inStatus: { recipient_id: waId } };
}

/** What the person reads. */
function wordsOf(type: string, content: Fields): string | undefined {
  if (type === "interactive") return textOf(fieldsOf(content["body"])["text"]);
  if (type === "text") return textOf(content["body"]);
  return textOf(content["caption"]) ?? textOf(content["emoji"]) ?? textOf(content["name"]);
}
