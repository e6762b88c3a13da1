import type { Handled, InboundEvent } from "@millrace/core";
import { personOf } from "../identity/identity.ts";
import { threadOf } from "../identity/thread.ts";
import { callPayload } from "./schema.ts";
import { timeOf } from "./timestamp.ts";
import { unhandled } from "./unhandled.ts";

/**
 * Handles a WhatsApp call. The event has no row of its own; a person's call opens the 24-hour window as a message does.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-initiated-calls
 */
export function handleCall(event: InboundEvent): Handled {
  const payload = callPayload.safeParse(event.payload);
  if (!payload.success) return unhandled("calls");
  const { metadata, contacts, calls } = payload.data.value;
  const [call] = calls;
  const person = personOf({ userIds: [call.from_user_id], numbers: [call.from] }, contacts?.[0]);
  if (call.event !== "connect" || call.direction !== "USER_INITIATED" || !person) return unhandled("calls");
  const thread = threadOf(metadata, undefined, person);
  return unhandled("calls", { fact: "activity", thread, at: timeOf(call.timestamp, event), opens: true });
}
