import { hmacSha256Hex, type Now } from "@millrace/core";
import type { Deliver } from "../../webhooks/deliver.ts";
import { createHeld } from "../../deferred-work.ts";
import { createOutbox } from "../../webhooks/outbox.ts";
import { titleOf } from "./errors.ts";

/** A message whose statuses are told. */
export type FollowedMessage = {
  id: string;
  phoneNumberId: string;
  /** `recipient_id` (a phone number without its plus sign) or `recipient_user_id`. */
  recipient: Record<string, string>;
  callbackData: string | undefined;
  /** A reaction is never told to be delivered or read. */
  type: string;
};

/** Tells Millrace what becomes of messages. */
export type StatusTeller = {
  /** Resolves when the message may be answered: at once, unless its statuses are to come before the answer. */
  follow(message: FollowedMessage, fault: string | undefined): Promise<void>;
  /** Tells all statuses that were held back, and says of how many messages. */
  release(): number;
};

/** Nobody is told anything. */
export const UNTOLD: StatusTeller = { follow: async () => {}, release: () => 0 };

type Status = { message: FollowedMessage; status: string; code?: number };

const PATH = "/api/integrations/whatsapp/webhook";

/** The error of a message that failed without a word on which: it could not be delivered. */
const UNDELIVERABLE = 131026;

/** A {@link StatusTeller} that posts webhooks signed with the app secret. Under load many go together, as at Meta. */
export function createStatusTeller(now: Now, deliver: Deliver, appSecret: string): StatusTeller {
  const held = createHeld();
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
    async follow(message, fault = "") {
      const statuses = statusesOf(message, fault);
      const tell = () => statuses.forEach((status) => outbox.add(status));
      if (fault === "status_first") await post(statuses).catch(() => {});
      else if (fault === "status_late") held.hold(tell);
      else tell();
    },
    release: () => held.release(),
  };
}

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status */
function statusesOf(message: FollowedMessage, fault: string): Status[] {
  if (fault === "no_status") return [];
  if (fault.startsWith("status_failed"))
    return [
      { message, status: "sent" },
      { message, status: "failed", code: Number(fault.split(":")[1] ?? UNDELIVERABLE) },
    ];
  const names = message.type === "reaction" ? ["sent"] : ["sent", "delivered", "read"];
  const inOrder = fault === "status_reordered" ? names.toReversed() : names;
  const told = fault === "status_twice" ? inOrder.flatMap((status) => [status, status]) : inOrder;
  return told.map((status) => ({ message, status }));
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
