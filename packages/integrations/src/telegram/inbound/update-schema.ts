import { z } from "zod";

/**
 * Every kind of update, by its key: https://core.telegram.org/bots/api#update. A kind that came later is an event of
 * kind `update`.
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

/** Payload of every event but an unreadable one: the bot's label and the update as it came. */
export const updatePayload = z.object({
  bot: z.string().min(1),
  update: z.looseObject({ update_id: z.union([z.string(), z.number()]).transform(String) }),
});

/** Ids have up to 52 significant bits, those of groups a minus sign. Rows hold them as digits. */
const id = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^-?\d{1,18}$/));

/** Ids that are no numbers: of callbacks and of business connections. */
const opaqueId = z.union([z.string().min(1).max(200), z.number().transform(String)]);

/** Some senders write null for what is absent, and an odd name is no reason to lose what its bearer says. */
const words = z.string().nullish().catch(undefined);

/** Unix seconds. */
const time = z.union([z.number(), z.string().regex(/^\d{1,18}$/)]);

/** https://core.telegram.org/bots/api#user; of a chat with one person, the chat has the same fields. */
const user = z.looseObject({ id, first_name: words, last_name: words, username: words });

/** https://core.telegram.org/bots/api#chat */
const chat = z.looseObject({
  id,
  type: words,
  title: words,
  first_name: words,
  last_name: words,
  username: words,
});

/** What names a message in its chat; one that only one person sees has an id of its own kind. */
const messageName = { message_id: id, date: time, ephemeral_message_id: id.nullish() };

/** https://core.telegram.org/bots/api#message, as far as it says whose and where it is. */
export const messageSchema = z.looseObject({
  ...messageName,
  edit_date: time.nullish(),
  chat,
  from: user.nullish(),
  sender_chat: chat.nullish(),
  business_connection_id: opaqueId.nullish(),
  guest_query_id: opaqueId.nullish(),
  // An odd one is no reason to lose the answer to it.
  reply_to_message: z
    .looseObject({ ...messageName, chat: chat.nullish() })
    .nullish()
    .catch(undefined),
  migrate_to_chat_id: id.nullish(),
  migrate_from_chat_id: id.nullish(),
});

/** https://core.telegram.org/bots/api#callbackquery. Its message may be too old to be shown, then little of it is left. */
export const callbackSchema = z.looseObject({
  id: opaqueId,
  from: user,
  message: z.looseObject({ ...messageName, chat, business_connection_id: opaqueId.nullish() }).nullish(),
  data: words,
  game_short_name: words,
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
  new_reaction: z.array(z.looseObject({ type: z.string(), emoji: words, custom_emoji_id: words })),
});

/** https://core.telegram.org/bots/api#businessmessagesdeleted */
export const deletionSchema = z.looseObject({
  business_connection_id: opaqueId.nullish(),
  chat,
  message_ids: z.array(id),
});

/** What an event is about, beside the object that its kind names. */
export type UpdateContext = {
  /** Label of the bot. */
  bot: string;
  /** Digits; counts up per bot. */
  updateId: string;
  /** When the update was taken in: some kinds carry no time. */
  receivedAt: Date;
};

/** See {@link messageSchema}. */
export type TelegramMessage = z.infer<typeof messageSchema>;
/** A chat as messages name it. */
export type TelegramChat = z.infer<typeof chat>;
/** A person, or a chat with one. */
export type TelegramUser = z.infer<typeof user>;
