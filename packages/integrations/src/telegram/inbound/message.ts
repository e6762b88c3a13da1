import { permanent, type Write } from "@millrace/core";
import { dateOfUnixSeconds, idOf, isObject } from "../../shared/json-value.ts";
import { findClickIdInText } from "../../shared/click-id.ts";
import { wordsIn } from "./message-body.ts";
import { contentOf } from "./content.ts";
import { accountOf, kindOf, messageKey, resolvePerson } from "../chat-address.ts";
import type { TelegramMessage, TelegramUser, UpdateContext } from "./update-schema.ts";

/**
 * Writes a message with its sender and its thread; a migration moves the thread and leaves no message.
 * @param ownerTakesOver whether a message that the owner of a business account writes takes the conversation over
 */
export function messageWrite(
  message: TelegramMessage,
  { bot }: UpdateContext,
  raw: unknown,
  ownerTakesOver: boolean,
): Write {
  const sentAt = dateOfUnixSeconds(message.date);
  if (!sentAt) throw permanent("a message without a time");
  const { chat } = message;
  const accountId = accountOf(bot, message);
  const migration = migrationOf(message);
  if (migration) {
    return async (stores) => {
      await stores.conversations.migrate("telegram", accountId, migration.from, migration.to);
      return { result: "written", detail: "the chat has a new id" };
    };
  }

  const kind = kindOf(chat);
  const ours = isOurs(message);
  const sender = ours ? undefined : senderOf(message);
  const content = contentOf(message);
  return async (stores) => {
    const tenantId = await stores.accounts.tenantOf("telegram", "bot", bot);
    const contactId = sender && (await resolvePerson(stores, tenantId, sender, ownPhone(message, sender)));
    const other = ours ? await resolvePerson(stores, tenantId, chat) : contactId;
    const place = { tenantId, channel: "telegram", accountId } as const;
    const conversationId = await stores.conversations.open(
      {
        ...place,
        threadId: chat.id,
        kind,
        contactId: kind === "direct" ? other : undefined,
        title: chat.title ?? undefined,
      },
      { at: sentAt, byUser: !ours, click: ours ? undefined : findClickIdInText(content.body) },
    );
    if (ownerTakesOver && ours && byHand(message))
      await stores.conversations.changeMode({
        conversationId,
        mode: "human",
        actor: "Telegram business account",
        reason: "a person wrote",
        at: sentAt,
      });
    await stores.messages.add({
      ...place,
      ...content,
      externalId: messageKey(accountId, chat.id, message).externalId,
      conversationId,
      contactId,
      direction: ours ? "outbound" : "inbound",
      replyTo: replyTo(message, accountId),
      sentAt,
      payload: raw,
      status: ours ? "sent" : "received",
    });
    return { result: "written" };
  };
}

/** A group that becomes a supergroup says so in both: https://core.telegram.org/bots/api#message, migrate_to_chat_id */
function migrationOf({ chat, migrate_to_chat_id: to, migrate_from_chat_id: from }: TelegramMessage) {
  if (to) return { from: chat.id, to };
  return from ? { from, to: chat.id } : undefined;
}

/**
 * Whether our side wrote it: the owner of a business account, whose own words come as updates too. A bot gets no
 * updates of its own messages. https://core.telegram.org/bots/api#business-accounts
 */
function isOurs({ business_connection_id, chat, from }: TelegramMessage): boolean {
  return Boolean(business_connection_id) && kindOf(chat) === "direct" && from?.id !== undefined && from.id !== chat.id;
}

/**
 * Whether a person of our side wrote it just now, not a bot for them nor Telegram as their greeting or away message.
 * https://core.telegram.org/bots/api#message, sender_business_bot and is_from_offline
 */
function byHand(message: TelegramMessage): boolean {
  return !message["sender_business_bot"] && !message["is_from_offline"];
}

/** The person who wrote it. With a `sender_chat`, `from` is made up: https://core.telegram.org/bots/api#message */
function senderOf({ chat, from, sender_chat }: TelegramMessage): TelegramUser | undefined {
  const kind = kindOf(chat);
  if (kind === "channel" || sender_chat) return undefined;
  return from ?? (kind === "direct" ? chat : undefined);
}

/** The number that the sender told as their own, in digits; undefined for somebody else's. */
function ownPhone(message: TelegramMessage, sender: TelegramUser): string | undefined {
  const { contact } = message;
  if (!isObject(contact) || idOf(contact["user_id"]) !== sender.id) return undefined;
  return wordsIn(contact, "phone_number")?.replace(/\D/g, "") || undefined;
}

/** The message it answers. In a topic, what answers nothing points to the message that opened the topic. */
function replyTo({ chat, reply_to_message: target }: TelegramMessage, accountId: string): string | undefined {
  if (!target || target["forum_topic_created"]) return undefined;
  return messageKey(accountId, target.chat?.id ?? chat.id, target).externalId;
}
