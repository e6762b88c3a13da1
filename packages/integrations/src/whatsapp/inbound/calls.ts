import type { InboundEvent, Write } from "@millrace/core";
import { personOf } from "../identity/identity.ts";
import { unhandled } from "./unhandled.ts";
import { callPayload } from "./schema.ts";
import { tenantOf } from "../identity/tenant.ts";
import { threadOf } from "../identity/thread.ts";
import { timeOf } from "./timestamp.ts";

/**
 * Handles a WhatsApp call. The event has no row of its own; a person's call opens the 24-hour window as a message does.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-initiated-calls
 */
export function callWrite(event: InboundEvent): Write {
  const ignore = unhandled("calls");
  const payload = callPayload.safeParse(event.payload);
  if (!payload.success) return ignore;
  const { metadata, contacts, calls } = payload.data.value;
  const [call] = calls;
  const person = personOf({ userIds: [call.from_user_id], numbers: [call.from] }, contacts?.[0]);
  if (call.event !== "connect" || call.direction !== "USER_INITIATED" || !person) return ignore;
  const find = threadOf(undefined, person);
  return async (stores) => {
    const tenantId = await tenantOf(stores, metadata);
    const { thread } = await find(stores, tenantId);
    const conversation = { ...thread, tenantId, channel: "whatsapp", accountId: metadata.phone_number_id } as const;
    await stores.conversations.open(conversation, { at: timeOf(call.timestamp, event), byUser: true });
    return ignore(stores);
  };
}
