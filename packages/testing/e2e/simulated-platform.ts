import { hmacSha256Hex } from "@millrace/core";

/** Secrets that the apps and the simulated platforms share. */
export const secrets = {
  META_APP_SECRET: "meta-app-secret",
  META_WEBHOOK_VERIFY_TOKEN: "meta-verify-token",
  META_PAGE_ACCESS_TOKEN: "sandbox",
  WHATSAPP_APP_SECRET: "whatsapp-app-secret",
  WHATSAPP_WEBHOOK_VERIFY_TOKEN: "whatsapp-verify-token",
  WHATSAPP_ACCESS_TOKEN: "sandbox",
  TELEGRAM_WEBHOOK_SECRET: "telegram-secret",
  TELEGRAM_BOT_TOKEN: "sandbox",
  N8N_WEBHOOK_SECRET: "n8n-secret",
};

/** One message or status of a WhatsApp webhook, and the id of the event that Millrace makes of it. */
export type Item = { eventId: string; list: "messages" | "statuses"; value: unknown };

/** A text message from one of twenty people. */
export function textItem(index: number): Item {
  const id = `wamid.chaos${index}`;
  const from = `4917${String(index % 20).padStart(9, "0")}`;
  return {
    eventId: `message.777.${id}`,
    list: "messages",
    value: { id, from, timestamp: String(1_790_000_000 + index), type: "text", text: { body: `text ${index}` } },
  };
}

/** Posts items in one signed WhatsApp webhook. Returns whether ingest accepted it. */
export async function deliver(ingestUrl: string, items: readonly Item[]): Promise<boolean> {
  const of = (list: Item["list"]) => items.filter((item) => item.list === list).map((item) => item.value);
  const value = {
    messaging_product: "whatsapp",
    metadata: { phone_number_id: "777" },
    messages: of("messages"),
    statuses: of("statuses"),
  };
  return postSigned(`${ingestUrl}/api/webhooks/whatsapp`, secrets.WHATSAPP_APP_SECRET, {
    object: "whatsapp_business_account",
    entry: [{ id: "888", changes: [{ field: "messages", value }] }],
  });
}

/** Posts a signed Meta webhook with one new lead of a page. Returns whether ingest accepted it. */
export async function deliverLead(ingestUrl: string, pageId: string, leadgenId: string): Promise<boolean> {
  const value = {
    form_id: "120300000000001",
    leadgen_id: leadgenId,
    page_id: pageId,
    created_time: Math.floor(Date.now() / 1000),
  };
  return postSigned(`${ingestUrl}/api/integrations/meta/webhook`, secrets.META_APP_SECRET, {
    object: "page",
    entry: [{ id: pageId, time: value.created_time, changes: [{ field: "leadgen", value }] }],
  });
}

async function postSigned(url: string, appSecret: string, payload: object): Promise<boolean> {
  const body = JSON.stringify(payload);
  const headers = { "x-hub-signature-256": `sha256=${hmacSha256Hex(appSecret, Buffer.from(body))}` };
  const response = await fetch(url, { method: "POST", body, headers }).catch(() => undefined);
  return response?.status === 200;
}
