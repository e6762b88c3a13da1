import { type OutgoingMessage, permanent } from "@millrace/core";

const WINDOW_MS = 24 * 3_600_000;

/**
 * Refuses what WhatsApp would: anything but a template once 24 hours have passed since the other side last wrote.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#customer-service-windows
 * @throws ProviderError permanent, under WhatsApp's own code for it
 */
export function refuseOutsideWindow(
  { lastUserMessageAt }: Pick<OutgoingMessage, "lastUserMessageAt">,
  type: string,
  now: Date,
): void {
  if (type === "template") return;
  if (lastUserMessageAt && now.getTime() < lastUserMessageAt.getTime() + WINDOW_MS) return;
  const since = lastUserMessageAt ? "24 hours have passed since the person last wrote" : "the person has never written";
  throw permanent(`${since}: send a template (a message of type "template") instead`, "131047");
}
