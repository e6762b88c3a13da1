import { type OutgoingMessage, permanent } from "@millrace/core";

const WINDOW_MS = 24 * 3_600_000;

/**
 * Rejects a message that WhatsApp would reject: 24 hours after the person's last message only a template can be sent.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#customer-service-windows
 * @throws ProviderError permanent, with WhatsApp's code
 */
export function assertWithinWindow(
  { lastUserMessageAt }: Pick<OutgoingMessage, "lastUserMessageAt">,
  type: string,
  now: Date,
): void {
  if (type === "template") return;
  if (lastUserMessageAt && now.getTime() < lastUserMessageAt.getTime() + WINDOW_MS) return;
  const since = lastUserMessageAt ? "24 hours have passed since the person last wrote" : "the person has never written";
  throw permanent(`${since}: send a template (a message of type "template") instead`, "131047");
}
