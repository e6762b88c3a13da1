import {
  type Handled,
  type InboundEvent,
  type MessageChangedFact,
  parsePayload,
  type Person,
  type ThreadReference,
  written,
} from "@millrace/core";
import { findClickIdInText } from "../../shared/click-id.ts";
import { accountOf } from "../identity/account.ts";
import { personOf } from "../identity/identity.ts";
import { handleSystemMessage } from "../identity/identity-changes.ts";
import { threadOf } from "../identity/thread.ts";
import { contentOf } from "./content.ts";
import { changeOf } from "./message-changes.ts";
import { rawOf } from "./raw-payload.ts";
import { type MessagePayload, messagePayload } from "./schema.ts";
import { timeOf } from "./timestamp.ts";

/** The author of a message: the person, or the account through the WhatsApp Business app, which can take over. */
type Author = { side: "user" } | { side: "account"; takesOver: boolean };

/** Handles a message from a person. */
export function handleMessage(event: InboundEvent): Handled {
  const payload = parsePayload(messagePayload, event.payload);
  const { message, contact } = payload;
  if (message.type === "system") return handleSystemMessage(payload);
  const ids = { userIds: [message.from_user_id, message.from_parent_user_id], numbers: [message.from] };
  return handle(event, payload, { side: "user" }, personOf(ids, contact));
}

/**
 * Handles a message that was sent with the WhatsApp Business app (Coexistence). It is outbound and already sent.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/smb_message_echoes
 * @param takesOver whether it takes the conversation over from the AI
 */
export function handleEcho(event: InboundEvent, takesOver: boolean): Handled {
  const payload = parsePayload(messagePayload, event.payload);
  const { message, contact } = payload;
  const ids = { userIds: [message.to_user_id, message.to_parent_user_id], numbers: [message.to] };
  const recipient = message.group_id ? undefined : personOf(ids, contact);
  return handle(event, payload, { side: "account", takesOver }, recipient);
}

function handle(event: InboundEvent, payload: MessagePayload, author: Author, person: Person | undefined): Handled {
  const { message, metadata } = payload;
  const at = timeOf(message.timestamp, event);
  const groupId = message.group_id ?? undefined;
  const byUser = author.side === "user";
  // The actor of a reaction. The ids of the one user of a direct thread can change; in a group each member has an id.
  const member = groupId === undefined || !byUser ? undefined : person?.identities[0].externalId;
  const targeted = changeOf(message, member ?? author.side);
  if (targeted) {
    const changed: MessageChangedFact = {
      fact: "message_changed",
      owner: accountOf(metadata),
      target: { channel: "whatsapp", accountId: metadata.phone_number_id, externalId: targeted.target },
      change: targeted.change,
      changeId: message.id,
      at,
    };
    const reacts = byUser && targeted.change.kind === "reaction" && person !== undefined;
    if (!reacts) return written(changed);
    return written({ fact: "activity", thread: threadOf(metadata, groupId, person), at, opens: false }, changed);
  }

  const content = contentOf(message, ["message"]);
  const thread = threadOf(metadata, groupId, person);
  return written({
    fact: "message",
    thread,
    activity: { at, byUser, click: byUser ? findClickIdInText(content.body) : undefined },
    message: {
      ...content,
      ofContact: true,
      externalId: message.id,
      direction: byUser ? "inbound" : "outbound",
      status: byUser ? "received" : "sent",
      replyTo: message.context?.id,
      sentAt: at,
      payload: rawOf(event, "message"),
    },
    takeover: takesOver(author, thread) ? { actor: "WhatsApp Business app", reason: "a person wrote" } : undefined,
  });
}

function takesOver(author: Author, { kind }: ThreadReference): boolean {
  return author.side === "account" && author.takesOver && kind === "direct";
}
