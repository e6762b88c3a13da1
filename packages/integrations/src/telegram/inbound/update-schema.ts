import { z } from "zod";

/**
 * All kinds of updates by key: https://core.telegram.org/bots/api#update. An update of an unknown kind becomes an event
 * of the kind `update`.
 */
export const UPDATE_KINDS = [
  "message",
  "edited_message",
  "channel_post",
  "edited_channel_post",
  "business_connection",
  "business_message",
  "edited_business_message",
  "deleted_business_messages",
  "guest_message",
  "message_reaction",
  "message_reaction_count",
  "inline_query",
  "chosen_inline_result",
  "callback_query",
  "shipping_query",
  "pre_checkout_query",
  "purchased_paid_media",
  "poll",
  "poll_answer",
  "my_chat_member",
  "chat_member",
  "chat_join_request",
  "chat_boost",
  "removed_chat_boost",
  "managed_bot",
  "subscription",
  "stopped_message_generation",
] as const;

/** The payload of all events except unreadable ones: the bot's label and the update without changes. */
export const updatePayload = z.object({
  bot: z.string().min(1),
  update: z.looseObject({ update_id: z.union([z.string(), z.number()]).transform(String) }),
});

/** Ids have up to 52 significant bits, and those of groups a minus sign. They are stored as strings of digits. */
const id = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^-?\d{1,18}$/));

/** Ids of callback queries and business connections, which are not numbers. */
const opaqueId = z.union([z.string().min(1).max(200), z.number().transform(String)]);

/** An optional text. Some senders write null for an absent value; an invalid value must not lose the message. */
const optionalText = z.string().nullish().catch(undefined);

/** Unix seconds. */
const time = z.union([z.number(), z.string().regex(/^\d{1,18}$/)]);

/** https://core.telegram.org/bots/api#user; a chat with one person has the same fields. */
const user = z.looseObject({ id, first_name: optionalText, last_name: optionalText, username: optionalText });

/** https://core.telegram.org/bots/api#chat */
const chat = z.looseObject({
  id,
  type: optionalText,
  title: optionalText,
  first_name: optionalText,
  last_name: optionalText,
  username: optionalText,
});

/** The fields that identify a message in its chat. An ephemeral message, which one person sees, has its own kind of id. */
const messageName = { message_id: id, date: time, ephemeral_message_id: id.nullish() };

/** The fields of https://core.telegram.org/bots/api#message that identify its sender and its chat. */
export const messageSchema = z.looseObject({
  ...messageName,
  edit_date: time.nullish(),
  chat,
  from: user.nullish(),
  sender_chat: chat.nullish(),
  business_connection_id: opaqueId.nullish(),
  guest_query_id: opaqueId.nullish(),
  // An invalid value must not lose the message that replies.
  reply_to_message: z
    .looseObject({ ...messageName, chat: chat.nullish() })
    .nullish()
    .catch(undefined),
  migrate_to_chat_id: id.nullish(),
  migrate_from_chat_id: id.nullish(),
});

/** https://core.telegram.org/bots/api#callbackquery. If its message is too old, only few fields of it are present. */
export const callbackSchema = z.looseObject({
  id: opaqueId,
  from: user,
  message: z.looseObject({ ...messageName, chat, business_connection_id: opaqueId.nullish() }).nullish(),
  data: optionalText,
  game_short_name: optionalText,
});

/** https://core.telegram.org/bots/api#chatmemberupdated */
export const membershipSchema = z.looseObject({
  chat,
  date: time,
  new_chat_member: z.looseObject({ status: z.string() }),
});

/** https://core.telegram.org/bots/api#messagereactionupdated */
export const reactionSchema = z.looseObject({
  chat,
  message_id: id,
  user: user.nullish(),
  actor_chat: chat.nullish(),
  date: time,
  new_reaction: z.array(z.looseObject({ type: z.string(), emoji: optionalText, custom_emoji_id: optionalText })),
});

/** https://core.telegram.org/bots/api#businessmessagesdeleted */
export const deletionSchema = z.looseObject({
  business_connection_id: opaqueId.nullish(),
  chat,
  message_ids: z.array(id),
});

/** The context of the object that the event's kind names. */
export type UpdateContext = {
  /** The bot's label. */
  bot: string;
  /** Digits; increases per bot. */
  updateId: string;
  /** When ingest received the update. Some kinds of updates have no time. */
  receivedAt: Date;
};

/** See {@link messageSchema}. */
export type TelegramMessage = z.infer<typeof messageSchema>;
/** The chat of a message. */
export type TelegramChat = z.infer<typeof chat>;
/** A person, or a chat with one person. */
export type TelegramUser = z.infer<typeof user>;
