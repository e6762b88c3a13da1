import { hmacSha256Hex, type Now } from "@millrace/core";
import { createDeferredWork } from "../../deferred-work.ts";
import type { Deliver } from "../../webhooks/deliver.ts";
import { createOutbox } from "../../webhooks/outbox.ts";
import { titleOf } from "./errors.ts";

/** A message that gets statuses. */
export type TrackedMessage = {
  id: string;
  phoneNumberId: string;
  /** `recipient_id` (a phone number without its plus sign) or `recipient_user_id`. */
  recipient: Record<string, string>;
  callbackData: string | undefined;
  /** A reaction never becomes delivered or read. */
  type: string;
};

/** Posts the statuses of messages to Millrace. */
export type StatusNotifier = {
  /** Resolves when the caller may get its response: at once, unless the statuses must arrive first. */
  notify(message: TrackedMessage, fault: string | undefined): Promise<void>;
  /** Posts the late statuses and returns the number of their messages. */
  release(): number;
};

/** A {@link StatusNotifier} that posts no statuses. */
export const NO_STATUSES: StatusNotifier = { notify: async () => {}, release: () => 0 };

type Status = { message: TrackedMessage; status: string; code?: number };

const PATH = "/api/integrations/whatsapp/webhook";

/** The default error code of `status_failed`: the message is undeliverable. */
const UNDELIVERABLE = 131026;

/** Creates a {@link StatusNotifier} that signs webhooks with the app secret. Under load, a webhook has many statuses, as at Meta. */
export function createStatusNotifier(now: Now, deliver: Deliver, appSecret: string): StatusNotifier {
  const deferred = createDeferredWork();
  const post = async (statuses: readonly Status[]) => {
    const body = webhookBody(statuses, now());
    const signature = `sha256=${hmacSha256Hex(appSecret, Buffer.from(body))}`;
    await deliver({
      path: PATH,
      headers: { "content-type": "application/json", "x-hub-signature-256": signature },
      body,
    });
  };
  const outbox = createOutbox(post);
  return {
    async notify(message, fault = "") {
      const statuses = statusesOf(message, fault);
      const enqueue = () => statuses.forEach((status) => outbox.add(status));
      if (fault === "status_first") await post(statuses).catch(() => {});
      else if (fault === "status_late") deferred.defer(enqueue);
      else enqueue();
    },
    release: () => deferred.release(),
  };
}

/** Returns the statuses of a message: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status */
function statusesOf(message: TrackedMessage, fault: string): Status[] {
  if (fault === "no_status") return [];
  if (fault.startsWith("status_failed"))
    return [
      { message, status: "sent" },
      { message, status: "failed", code: Number(fault.split(":")[1] ?? UNDELIVERABLE) },
    ];
  const names = message.type === "reaction" ? ["sent"] : ["sent", "delivered", "read"];
  const inOrder = fault === "status_reordered" ? names.toReversed() : names;
  const repeated = fault === "status_twice" ? inOrder.flatMap((status) => [status, status]) : inOrder;
  return repeated.map((status) => ({ message, status }));
}

function webhookBody(statuses: readonly Status[], now: Date): string {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const changes = statuses.map(({ message, status, code }) => ({
    field: "messages",
    value: {
      messaging_product: "whatsapp",
      metadata: { display_phone_number: "49301234567", phone_number_id: message.phoneNumberId },
      statuses: [
        {
          id: message.id,
          status,
          timestamp,
          ...message.recipient,
          ...(message.callbackData === undefined ? {} : { biz_opaque_callback_data: message.callbackData }),
          ...(status === "sent" || status === "delivered" ? { pricing: PRICING } : {}),
          ...(code === undefined ? {} : { errors: [errorOf(code)] }),
        },
      ],
    },
  }));
  return JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "200000000000001", changes }] });
}

const PRICING = { billable: true, pricing_model: "PMP", type: "regular", category: "service" };

function errorOf(code: number) {
  const title = titleOf(code);
  return { code, title, message: title, error_data: { details: title } };
}
