import type { InboundEvent, Write } from "@millrace/core";
import { findClickIdInText } from "../../shared/click-id.ts";
import { parsePayload } from "../../shared/parse-payload.ts";
import { contentOf } from "./content.ts";
import { type Person, personOf } from "../identity/identity.ts";
import { systemWrite } from "../identity/identity-changes.ts";
import { changeOf } from "./message-changes.ts";
import { rawOf } from "./raw-payload.ts";
import { type MessagePayload, messagePayload } from "./schema.ts";
import { tenantOf } from "../identity/tenant.ts";
import { threadOf } from "../identity/thread.ts";
import { timeOf } from "./timestamp.ts";

/** The author of a message: the person, or the account through the WhatsApp Business app, which can take over. */
type Author = { side: "user" } | { side: "account"; takesOver: boolean };

/** Writes a message from a person. */
export function messageWrite(event: InboundEvent): Write {
  const payload = parsePayload(messagePayload, event.payload);
  const { message, contact } = payload;
  if (message.type === "system") return systemWrite(payload);
  const ids = { userIds: [message.from_user_id, message.from_parent_user_id], numbers: [message.from] };
  return write(event, payload, { side: "user" }, personOf(ids, contact));
}

/**
 * Writes a message that was sent with the WhatsApp Business app (Coexistence). It is outbound and already sent.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/smb_message_echoes
 * @param takesOver whether it takes the conversation over from the AI
 */
export function echoWrite(event: InboundEvent, takesOver: boolean): Write {
  const payload = parsePayload(messagePayload, event.payload);
  const { message, contact } = payload;
  const ids = { userIds: [message.to_user_id, message.to_parent_user_id], numbers: [message.to] };
  const recipient = message.group_id ? undefined : personOf(ids, contact);
  return write(event, payload, { side: "account", takesOver }, recipient);
}

function write(event: InboundEvent, payload: MessagePayload, author: Author, person: Person | undefined): Write {
  const { message, metadata } = payload;
  const at = timeOf(message.timestamp, event);
  const account = { channel: "whatsapp", accountId: metadata.phone_number_id } as const;
  const groupId = message.group_id ?? undefined;
  // The actor of a reaction. The ids of the one user of a direct thread can change; in a group each member has an id.
  const member = groupId === undefined || author.side === "account" ? undefined : person?.identities[0].externalId;
  const targeted = changeOf(message, member ?? author.side);
  if (targeted) {
    const reacts = author.side === "user" && targeted.change.kind === "reaction" && person !== undefined;
    return async (stores) => {
      const tenantId = await tenantOf(stores, metadata);
      if (reacts) {
        const { thread } = await threadOf(groupId, person)(stores, tenantId);
        await stores.conversations.recordUserActivity({ ...account, ...thread, tenantId }, at);
      }
      const target = { ...account, externalId: targeted.target };
      await stores.messages.addChange(target, { ...targeted.change, changeId: message.id, at });
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
    const conversationId = await stores.conversations.open({ ...account, ...thread, tenantId }, activity);
    if (author.side === "account" && author.takesOver && thread.kind === "direct") {
      const actor = "WhatsApp Business app";
      await stores.conversations.changeMode({ conversationId, mode: "human", actor, reason: "a person wrote", at });
    }
    await stores.messages.add({
      ...account,
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
