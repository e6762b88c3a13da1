import type { AccountReference, MessageKey, Person, Thread } from "@millrace/core";
import type { TelegramChat, TelegramMessage, TelegramUser } from "./inbound/update-schema.ts";

/**
 * The account of a thread. A bot also works for business accounts and as a guest in other chats. Their chats can have
 * the same ids as the bot's own chats, so each of them is its own account.
 * https://core.telegram.org/bots/api#message, business_connection_id and guest_query_id
 */
export function accountOf(
  bot: string,
  about: Pick<TelegramMessage, "business_connection_id"> & Partial<Pick<TelegramMessage, "guest_query_id">>,
): string {
  if (about.business_connection_id) return `${bot}/${about.business_connection_id}`;
  return about.guest_query_id ? `${bot}/${GUEST}` : bot;
}

/** The suffix of the account for chats in which a bot is a guest. */
export const GUEST = "guest";

/** The parts of an account id: the bot's label, and the business connection id or {@link GUEST}. */
export function parseAccountId(accountId: string): { bot: string; within: string | undefined } {
  const [bot = "", ...rest] = accountId.split("/");
  return { bot, within: rest.length === 0 ? undefined : rest.join("/") };
}

/**
 * The key of a message. Message ids are unique per chat. Telegram reuses the id of an ephemeral message, so its key
 * also has the time. https://core.telegram.org/bots/api#message
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

/** The kind of a chat. Without a type its id decides: only the id of a chat with a person has no minus sign. */
export function kindOf({ id, type }: Pick<TelegramChat, "id" | "type">): Thread["kind"] {
  if (type === "channel") return "channel";
  if (type === "private" || (!type && !id.startsWith("-"))) return "direct";
  return "group";
}

/** The account of a bot, which decides the tenant. */
export function botAccount(bot: string): AccountReference {
  return { provider: "telegram", noun: "bot", externalId: bot };
}

/** A person of Telegram. A Telegram user id is a stable identity. `phone` has digits only. */
export function personOf(user: TelegramUser, phone?: string): Person {
  return {
    identities: [{ channel: "telegram", externalId: user.id, stable: true }],
    profile: {
      name: [user.first_name, user.last_name].filter(Boolean).join(" ") || undefined,
      username: user.username || undefined,
      phone,
    },
  };
}
