/** Chat platforms that carry conversations. */
export type Channel = "whatsapp" | "telegram";

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
