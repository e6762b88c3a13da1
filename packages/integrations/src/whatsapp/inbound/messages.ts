import type { InboundEvent, Write } from "@millrace/core";
import { findClickIdInText } from "../../shared/click-id.ts";
import { parsePayload } from "../../shared/parse-payload.ts";
import { contentOf } from "./content.ts";
import { type Person, personOf } from "../identity/identity.ts";
import { systemWrite } from "../identity/identity-changes.ts";
import { changeIn } from "./message-changes.ts";
import { rawOf } from "./raw-payload.ts";
import { type MessagePayload, messagePayload } from "./schema.ts";
import { tenantOf } from "../identity/tenant.ts";
import { threadOf } from "../identity/thread.ts";
import { timeOf } from "./timestamp.ts";

/** Who wrote a message: the other side, or one of our people, who may take the conversation over by it. */
type Author = { side: "user" } | { side: "account"; takesOver: boolean };

/** A message that someone wrote to us. */
export function messageWrite(event: InboundEvent): Write {
  const payload = parsePayload(messagePayload, event.payload);
  const { message, contact } = payload;
  if (message.type === "system") return systemWrite(payload);
  const names = { userIds: [message.from_user_id, message.from_parent_user_id], numbers: [message.from] };
  return write(event, payload, { side: "user" }, personOf(names, contact));
}

/**
 * A message that one of our people wrote in the phone's app (Coexistence). It is ours, and it is sent.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/smb_message_echoes
 * @param takesOver whether it takes the conversation over from the AI
 */
export function echoWrite(event: InboundEvent, takesOver: boolean): Write {
  const payload = parsePayload(messagePayload, event.payload);
  const { message, contact } = payload;
  const names = { userIds: [message.to_user_id, message.to_parent_user_id], numbers: [message.to] };
  const recipient = message.group_id ? undefined : personOf(names, contact);
  return write(event, payload, { side: "account", takesOver }, recipient);
}

function write(event: InboundEvent, payload: MessagePayload, author: Author, person: Person | undefined): Write {
  const { message, metadata } = payload;
  const at = timeOf(message.timestamp, event);
  const place = { channel: "whatsapp", accountId: metadata.phone_number_id } as const;
  const groupId = message.group_id ?? undefined;
  // A direct thread has one user, whatever names come and go; in a group each member has their own.
  const member = groupId === undefined || author.side === "account" ? undefined : person?.identities[0].externalId;
  const told = changeIn(message, member ?? author.side);
  if (told) {
    const reacts = author.side === "user" && told.change.kind === "reaction" && person !== undefined;
    return async (stores) => {
      const tenantId = await tenantOf(stores, metadata);
      if (reacts) {
        const { thread } = await threadOf(groupId, person)(stores, tenantId);
        await stores.conversations.recordUserActivity({ ...place, ...thread, tenantId }, at);
      }
      const target = { ...place, externalId: told.target };
      await stores.messages.addChange(target, { ...told.change, changeId: message.id, at });
      return { result: "written" };
    };
  }

  const content = contentOf(message, ["message"]);
  const find = threadOf(groupId, person);
  return async (stores) => {
    const tenantId = await tenantOf(stores, metadata);
    const { thread, contactId } = await find(stores, tenantId);
    const byUser = author.side === "user";
    const activity = { at, byUser, click: byUser ? findClickIdInText(content.body) : undefined };
    const conversationId = await stores.conversations.open({ ...place, ...thread, tenantId }, activity);
    if (author.side === "account" && author.takesOver && thread.kind === "direct") {
      const actor = "WhatsApp Business app";
      await stores.conversations.changeMode({ conversationId, mode: "human", actor, reason: "a person wrote", at });
    }
    await stores.messages.add({
      ...place,
      ...content,
      tenantId,
      conversationId,
      contactId,
      externalId: message.id,
      direction: author.side === "user" ? "inbound" : "outbound",
      status: author.side === "user" ? "received" : "sent",
      replyTo: message.context?.id,
      sentAt: at,
      payload: rawOf(event, "message"),
    });
    return { result: "written" };
  };
}
