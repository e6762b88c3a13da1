import { type Handled, permanent, written } from "@millrace/core";
import { dateOfUnixSeconds, idOf, isObject } from "../../shared/json-value.ts";
import { findClickIdInText } from "../../shared/click-id.ts";
import { stringField } from "./message-body.ts";
import { contentOf } from "./content.ts";
import { accountOf, botAccount, kindOf, messageKey, personOf } from "../chat-address.ts";
import type { TelegramMessage, TelegramUser, UpdateContext } from "./update-schema.ts";

/**
 * Handles a message with its sender and its thread. A migration changes the thread's id and is not a message.
 * @param ownerTakesOver whether a message of the owner of a business account takes the conversation over
 */
export function handleMessage(
  message: TelegramMessage,
  { bot }: UpdateContext,
  raw: unknown,
  ownerTakesOver: boolean,
): Handled {
  const sentAt = dateOfUnixSeconds(message.date);
  if (!sentAt) throw permanent("the message has no time");
  const { chat } = message;
  const accountId = accountOf(bot, message);
  const migration = migrationOf(message);
  if (migration) {
    const moved = { fact: "thread_moved", channel: "telegram", accountId, ...migration } as const;
    return { result: "written", detail: "the chat has a new id", facts: [moved] };
  }

  const ours = isOurs(message);
  const sender = ours ? undefined : senderOf(message);
  const content = contentOf(message);
  const takesOver = ownerTakesOver && ours && isWrittenByPerson(message);
  return written({
    fact: "message",
    thread: {
      owner: botAccount(bot),
      channel: "telegram",
      accountId,
      threadId: chat.id,
      kind: kindOf(chat),
      title: chat.title ?? undefined,
      person: ours ? personOf(chat) : sender && personOf(sender, ownPhone(message, sender)),
    },
    activity: { at: sentAt, byUser: !ours, click: ours ? undefined : findClickIdInText(content.body) },
    message: {
      ...content,
      ofContact: !ours,
      externalId: messageKey(accountId, chat.id, message).externalId,
      direction: ours ? "outbound" : "inbound",
      replyTo: replyTo(message, accountId),
      sentAt,
      payload: raw,
      status: ours ? "sent" : "received",
    },
    takeover: takesOver ? { actor: "Telegram business account", reason: "a person wrote" } : undefined,
  });
}

/** The ids of a group that becomes a supergroup. Both chats get a message: https://core.telegram.org/bots/api#message, migrate_to_chat_id */
function migrationOf({ chat, migrate_to_chat_id: to, migrate_from_chat_id: from }: TelegramMessage) {
  if (to) return { from: chat.id, to };
  return from ? { from, to: chat.id } : undefined;
}

/**
 * Whether the owner of a business account wrote the message: Telegram sends updates for those too. A bot gets no updates
 * for its own messages. https://core.telegram.org/bots/api#business-accounts
 */
function isOurs({ business_connection_id, chat, from }: TelegramMessage): boolean {
  return Boolean(business_connection_id) && kindOf(chat) === "direct" && from?.id !== undefined && from.id !== chat.id;
}

/**
 * Whether the owner wrote the message, and not a bot or Telegram's automatic greeting or away message.
 * https://core.telegram.org/bots/api#message, sender_business_bot and is_from_offline
 */
function isWrittenByPerson(message: TelegramMessage): boolean {
  return !message["sender_business_bot"] && !message["is_from_offline"];
}

/** The person who wrote the message. With a `sender_chat`, `from` is a placeholder: https://core.telegram.org/bots/api#message */
function senderOf({ chat, from, sender_chat }: TelegramMessage): TelegramUser | undefined {
  const kind = kindOf(chat);
  if (kind === "channel" || sender_chat) return undefined;
  return from ?? (kind === "direct" ? chat : undefined);
}

/** The phone number that the sender shared as their own, in digits; undefined for another person's contact. */
function ownPhone(message: TelegramMessage, sender: TelegramUser): string | undefined {
  const { contact } = message;
  if (!isObject(contact) || idOf(contact["user_id"]) !== sender.id) return undefined;
  return stringField(contact, "phone_number")?.replace(/\D/g, "") || undefined;
}

/** The message that is replied to. In a topic, a message without a reply references the message that created the topic. */
function replyTo({ chat, reply_to_message: target }: TelegramMessage, accountId: string): string | undefined {
  if (!target || target["forum_topic_created"]) return undefined;
  return messageKey(accountId, target.chat?.id ?? chat.id, target).externalId;
}
