import { type Handled, type InboundEvent, parsePayload } from "@millrace/core";
import { accountOf } from "./account.ts";
import { type ExternalIds, personOf } from "./identity.ts";
import { unhandled } from "../inbound/unhandled.ts";
import { type MessagePayload, systemPart, userIdUpdatePayload } from "../inbound/schema.ts";

/** Current and older names of system messages about a person's new phone number or user id. */
const CHANGES = new Set(["user_changed_number", "user_changed_user_id", "customer_changed_number"]);

/**
 * Handles a system message. A new number comes with a new user id. If numbers are withheld, only the user ids are sent.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system
 */
export function handleSystemMessage({ metadata, message }: MessagePayload): Handled {
  const { system } = parsePayload(systemPart, message, ["message"]);
  if (!CHANGES.has(system.type ?? "")) return unhandled(system.type);
  const previous = {
    userIds: [system.previous_user_id, system.previous_parent_user_id],
    numbers: [message.from, system.customer],
  };
  const current = {
    userIds: [system.user_id, system.parent_user_id],
    numbers: [system.wa_id, system.new_wa_id],
  };
  return join(metadata, previous, current, system.type);
}

/** Handles a webhook field that Meta documented and withdrew on 2026-08-11. It may still be sent. */
export function handleUserIdUpdate(event: InboundEvent): Handled {
  const { metadata, user_id_update: update } = parsePayload(userIdUpdatePayload, event.payload);
  const { user_id: userId, parent_user_id: parent } = update;
  const previous = { userIds: [userId?.previous, parent?.previous], numbers: [] };
  const current = { userIds: [userId?.current, parent?.current], numbers: [update.wa_id] };
  return join(metadata, previous, current, "user_id_update");
}

function join(
  metadata: { phone_number_id: string },
  previous: ExternalIds,
  current: ExternalIds,
  type: string | undefined,
): Handled {
  const [before, after] = [personOf(previous), personOf(current)];
  // The previous identity is not always sent; then there is nothing to join.
  if (!before || !after) return unhandled(type);
  const owner = accountOf(metadata);
  const joined = { fact: "identities_joined", owner, previous: before.identities, current: after } as const;
  return { result: "unhandled", detail: "contacts joined", facts: [joined] };
}
