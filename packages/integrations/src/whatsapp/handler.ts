import {
  type EventHandler,
  type InboundEvent,
  permanent,
  UNREADABLE,
  unreadableSchema,
  type Write,
} from "@millrace/core";
import { dateOfUnixSeconds } from "../shared/shape.ts";
import { messagePayload } from "./schema.ts";

/** The work behind WhatsApp's webhook. */
export const whatsappHandler: EventHandler = {
  callsProvider: false,
  scopes: () => [],
  handle: (event) => Promise.resolve(writeOf(event)),
};

function writeOf(event: InboundEvent): Write {
  switch (event.kind) {
    case "message":
      return messageWrite(event);
    case UNREADABLE:
      throw permanent(unreadableSchema.parse(event.payload).reason, UNREADABLE);
    default:
      return () => Promise.resolve({ result: "kept" });
  }
}

function messageWrite(event: InboundEvent): Write {
  const parsed = messagePayload.safeParse(event.payload);
  if (!parsed.success) throw permanent("not a message we know");
  const { metadata, message, contact } = parsed.data;
  const at = dateOfUnixSeconds(message.timestamp);
  if (!at || !message.from) throw permanent("no time or sender");
  const from = message.from;
  return async (stores) => {
    const tenantId = await stores.sources.tenantOf("whatsapp", "phone number", metadata.phone_number_id);
    const contactId = await stores.contacts.resolve(
      tenantId,
      [{ channel: "whatsapp", externalId: from, lasting: false }],
      { name: contact?.profile?.name, phone: from },
    );
    const place = { tenantId, channel: "whatsapp", accountId: metadata.phone_number_id } as const;
    const conversationId = await stores.conversations.open(
      { ...place, threadId: contactId, kind: "direct", contactId },
      { at, byUser: true },
    );
    await stores.messages.add({
      ...place,
      conversationId,
      contactId,
      externalId: message.id,
      direction: "inbound",
      type: message.type,
      body: message.text?.body,
      sentAt: at,
      payload: message,
      status: "received",
    });
    return { result: "written" };
  };
}
