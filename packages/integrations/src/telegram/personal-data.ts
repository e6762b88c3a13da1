import { personalDataReader } from "@millrace/core";

/** Finds the people in updates and send requests: https://core.telegram.org/bots/api#update */
export const telegramPersonalData = personalDataReader({
  parties: ["to", "messageIds", "id", "from", "user", "chat", "sender_chat", "actor_chat", "user_chat_id"],
  partyIds: ["id", "chatId", "conversationId"],
  foreign: [],
  depth: 2,
  impersonal: [
    // A counter or a time can equal a user id by chance.
    "update_id",
    "message_id",
    "message_ids",
    "message_thread_id",
    "date",
    "edit_date",
    "until_date",
    "bot",
    "type",
    "status",
    "language_code",
    "mime_type",
    "duration",
    "width",
    "height",
    "file_size",
    "offset",
    "length",
  ],
});

/** The token of a bot, also within a URL: https://core.telegram.org/bots/api#authorizing-your-bot */
export const TELEGRAM_SECRET_PATTERNS: readonly RegExp[] = [/bot\d+:[\w-]{30,}|\b\d{6,}:[\w-]{30,}/g];
