import { hmacSha256Hex } from "@millrace/core";

/** Secrets that the apps and the platform share. */
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

/** One item that WhatsApp tells of, and the event that must come of it. */
export type Item = { eventId: string; list: "messages" | "statuses"; value: unknown };

/** A text of one of twenty people. */
export function textItem(index: number): Item {
  const id = `wamid.chaos${index}`;
  const from = `4917${String(index % 20).padStart(9, "0")}`;
  return {
    eventId: `message.777.${id}`,
    list: "messages",
    value: { id, from, timestamp: String(1_790_000_000 + index), type: "text", text: { body: `text ${index}` } },
  };
}

/** A status of a message that we never sent: kept. */
export function statusItem(index: number): Item {
  const id = `wamid.ours${index}`;
  return {
    eventId: `status.777.${id}.delivered`,
    list: "statuses",
    value: { id, status: "delivered", recipient_id: "4917000000001", timestamp: String(1_790_000_000 + index) },
  };
}

/** An item that no schema knows: must end as a dead letter. */
export function brokenItem(index: number): Item {
  const id = `wamid.broken${index}`;
  return {
    eventId: `message.777.${id}`,
    list: "messages",
    value: { id, from: ["not", "a", "sender"], type: { not: "a type" } },
  };
}

/** Posts items in one request, signed; whether it was taken. */
export async function deliver(url: string, items: readonly Item[]): Promise<boolean> {
  const of = (list: Item["list"]) => items.filter((item) => item.list === list).map((item) => item.value);
  const value = {
    messaging_product: "whatsapp",
    metadata: { phone_number_id: "777" },
    messages: of("messages"),
    statuses: of("statuses"),
  };
  const body = JSON.stringify({
    object: "whatsapp_business_account",
    entry: [{ id: "888", changes: [{ field: "messages", value }] }],
  });
  const headers = { "x-hub-signature-256": `sha256=${hmacSha256Hex(secrets.WHATSAPP_APP_SECRET, Buffer.from(body))}` };
  const response = await fetch(`${url}/api/webhooks/whatsapp`, { method: "POST", body, headers }).catch(
    () => undefined,
  );
  return response?.status === 200;
}
