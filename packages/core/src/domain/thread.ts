/** A channel that carries conversations: the id of its integration, e.g. `whatsapp`. */
export type Channel = string;

/** A chat at a platform. Its messages form one conversation. */
export type Thread = {
  tenantId: string;
  channel: Channel;
  /** Our account in the chat: a WhatsApp phone number id, a Telegram bot id. */
  accountId: string;
  /** The platform's id of the chat or group; on a channel without chats, the contact's id. */
  threadId: string;
  kind: "direct" | "group" | "channel";
  /** The other person of a direct chat. */
  contactId?: string | undefined;
  title?: string | undefined;
};
