import type { MessageKey, Stores, Thread } from "@millrace/core";
import type { TelegramChat, TelegramMessage, TelegramUser } from "./inbound/update-schema.ts";

/**
 * Our side of a thread. The chats of a business account that a bot works for, and those that it is called into as a
 * guest, may have the ids of chats of the bot's own: they are accounts of their own.
 * https://core.telegram.org/bots/api#message, business_connection_id and guest_query_id
 */
export function accountOf(
  bot: string,
  about: Pick<TelegramMessage, "business_connection_id"> & Partial<Pick<TelegramMessage, "guest_query_id">>,
): string {
  if (about.business_connection_id) return `${bot}/${about.business_connection_id}`;
  return about.guest_query_id ? `${bot}/${GUEST}` : bot;
}

/** Stands in the account of chats that a bot was called into. */
export const GUEST = "guest";

/** What {@link accountOf} was made of: the bot, and the business connection or {@link GUEST}. */
export function readAccount(accountId: string): { bot: string; within: string | undefined } {
  const [bot = "", ...rest] = accountId.split("/");
  return { bot, within: rest.length === 0 ? undefined : rest.join("/") };
}

/**
 * Names a message: its id counts per chat. An ephemeral message has an id that is given again later, so that only the
 * time makes it its own. https://core.telegram.org/bots/api#message
 */
export function messageKey(
  accountId: string,
  chatId: string,
  message: Pick<TelegramMessage, "message_id" | "ephemeral_message_id" | "date">,
): MessageKey {
  const { message_id, ephemeral_message_id, date } = message;
  const name = ephemeral_message_id ? `ephemeral/${ephemeral_message_id}/${date}` : message_id;
  return { channel: "telegram", accountId, externalId: `${chatId}/${name}` };
}

/** With whom the chat is. Without a type its id tells: only a person's has no minus sign. */
export function kindOf({ id, type }: Pick<TelegramChat, "id" | "type">): Thread["kind"] {
  if (type === "channel") return "channel";
  if (type === "private" || (!type && !id.startsWith("-"))) return "direct";
  return "group";
}

/** The person's contact; a Telegram user id is theirs for good. `phone` in digits, where they told it. */
export function resolvePerson(stores: Stores, tenantId: string, person: TelegramUser, phone?: string): Promise<string> {
  return stores.contacts.resolve(tenantId, [{ channel: "telegram", externalId: person.id, stable: true }], {
    name: [person.first_name, person.last_name].filter(Boolean).join(" ") || undefined,
    username: person.username || undefined,
    phone,
  });
}
