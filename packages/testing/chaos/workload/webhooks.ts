import { hmacSha256Hex } from "@millrace/core";
import type { Delivery } from "@millrace/sandbox";
import { secrets } from "../../e2e/simulated-platform.ts";
import { nameOf, type Person } from "./people.ts";

/** The phone number id of all WhatsApp messages. */
export const PHONE_NUMBER_ID = "777";

/** The key that the send API accepts. */
export const API_KEY = "key-of-the-chaos-runs";

/** What a message of a person contains, in the form of the person's platform. */
export type Content = Record<string, unknown>;

/** How a WhatsApp message names its sender. */
export type Sender = "number" | "userId" | "both";

/** A signed WhatsApp webhook with messages of a person, all at one time. `ids` are the ids of the messages. */
export function whatsappMessages(person: Person, contents: ReadonlyMap<string, Content>, sender: Sender): Delivery {
  const byNumber = sender !== "userId" || person.userId === undefined;
  const byUser = sender !== "number" && person.userId !== undefined;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const from = { ...(byNumber ? { from: person.address } : {}), ...(byUser ? { from_user_id: person.userId } : {}) };
  const contact = {
    profile: { name: nameOf(person.index) },
    ...(byNumber ? { wa_id: person.address } : {}),
    ...(byUser ? { user_id: person.userId } : {}),
  };
  return whatsappWebhook({
    contacts: [contact],
    messages: [...contents].map(([id, content]) => ({ ...from, id, timestamp, ...content })),
  });
}

/** A signed WhatsApp webhook with a value. */
export function whatsappWebhook(value: object): Delivery {
  const metadata = { display_phone_number: "49301234567", phone_number_id: PHONE_NUMBER_ID };
  const change = { field: "messages", value: { messaging_product: "whatsapp", metadata, ...value } };
  const payload = { object: "whatsapp_business_account", entry: [{ id: "888", changes: [change] }] };
  return signedByMeta("/api/integrations/whatsapp/webhook", secrets.WHATSAPP_APP_SECRET, payload);
}

/** A signed webhook of Meta with a new lead of a page. */
export function leadWebhook(leadgenId: string): Delivery {
  const created_time = Math.floor(Date.now() / 1000);
  const value = { form_id: "120300000000001", leadgen_id: leadgenId, page_id: "555", created_time };
  const payload = {
    object: "page",
    entry: [{ id: "555", time: created_time, changes: [{ field: "leadgen", value }] }],
  };
  return signedByMeta("/api/integrations/meta/webhook", secrets.META_APP_SECRET, payload);
}

function signedByMeta(path: string, secret: string, payload: object): Delivery {
  const body = JSON.stringify(payload);
  const signature = `sha256=${hmacSha256Hex(secret, Buffer.from(body))}`;
  return { path, headers: { "content-type": "application/json", "x-hub-signature-256": signature }, body };
}

/** A Telegram update of a person: a message, or with `edited` an edited message. */
export function telegramUpdate(person: Person, updateId: number, content: Content, edited = false): Delivery {
  const user = { id: Number(person.address), is_bot: false, first_name: nameOf(person.index) };
  const chat = { id: user.id, type: "private", first_name: user.first_name };
  const message = { message_id: updateId, from: user, chat, date: Math.floor(Date.now() / 1000), ...content };
  const body = JSON.stringify({ update_id: updateId, [edited ? "edited_message" : "message"]: message });
  const headers = {
    "content-type": "application/json",
    "x-telegram-bot-api-secret-token": secrets.TELEGRAM_WEBHOOK_SECRET,
  };
  return { path: "/api/integrations/telegram/webhook", headers, body };
}

/** A takeover or hand-back, signed as n8n does. */
export function modeChange(conversationId: string, mode: "human" | "ai", key: string): Delivery {
  const body = JSON.stringify({ conversationId, mode, actor: "Bea", reason: key });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = `sha256=${hmacSha256Hex(secrets.N8N_WEBHOOK_SECRET, Buffer.from(`${timestamp}.${body}`))}`;
  return {
    path: "/api/integrations/n8n/human-takeover",
    headers: {
      "content-type": "application/json",
      "x-timestamp": timestamp,
      "x-signature": signature,
      "idempotency-key": key,
    },
    body,
  };
}

/** A request to the API, under an Idempotency-Key if the route has one. */
export function apiRequest(path: string, body: object, key?: string): Delivery {
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer ${API_KEY}`,
    ...(key === undefined ? {} : { "idempotency-key": key }),
  };
  return { path, headers, body: JSON.stringify(body) };
}
