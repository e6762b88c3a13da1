import type { AccountReference } from "./accounts.ts";
import type { Person } from "./contacts.ts";

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

/** A thread as an event names it, before its tenant and its contact are known. */
export type ThreadReference = {
  /** The account that decides the tenant. */
  owner: AccountReference;
  channel: Channel;
  accountId: string;
  /** Undefined on a channel without chats: the contact's id is the thread's. */
  threadId: string | undefined;
  kind: Thread["kind"];
  title?: string | undefined;
  /** The other person of a direct chat; in a group, the author of the message. */
  person: Person | undefined;
};
