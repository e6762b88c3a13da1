/** The chat no longer accepts messages of the bot. The conversation stores this code. */
const UNREACHABLE = "unreachable";
/** The text is not valid in its parse mode. Nothing was sent. */
export const BAD_ENTITIES = "bad_entities";
/** The message to reply to does not exist. */
export const NO_REPLY_TARGET = "no_reply_target";
/** Telegram cannot fetch a link, or does not accept its kind or size of file by link. */
export const LINK_REJECTED = "link_rejected";
/** The callback query has expired. */
export const QUERY_TOO_OLD = "query_too_old";
/** The message already has the requested state. */
export const NOT_MODIFIED = "not_modified";
/** Telegram cannot return the file now or ever; the description does not distinguish the two. */
export const FILE_BUSY = "file_unavailable";

/** The meaning of an error description. */
type Meaning = { code: string; message: string };

/**
 * Telegram's error descriptions, which are not documented. Some are sentences of the Bot API server
 * (https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp), some are error names of MTProto
 * (https://core.telegram.org/api/errors). The first match decides.
 */
const DESCRIPTIONS: readonly (readonly [pattern: RegExp, code: string, message: string])[] = [
  [/bot was blocked by the user|USER_IS_BLOCKED/i, UNREACHABLE, "the user has blocked the bot"],
  [/user is deactivated|USER_DEACTIVATED/i, UNREACHABLE, "the user's account is deactivated"],
  [/bot was kicked/i, UNREACHABLE, "the bot was removed from the chat"],
  [/bot is not a (?:channel )?member/i, UNREACHABLE, "the bot is not a member of the chat"],
  [/group chat was (?:deleted|deactivated)/i, UNREACHABLE, "the group was deleted"],
  [/bot can't initiate conversation/i, UNREACHABLE, "the user has never written to the bot"],
  [/bots? can't send messages to (?:bots|the bot)/i, "to_a_bot", "a bot cannot write to a bot"],
  [/chat not found|PEER_ID_INVALID/i, "chat_not_found", "the chat does not exist for this bot"],
  [/can't parse (?:message |caption )?entities/i, BAD_ENTITIES, "the text is not valid in its parse mode"],
  [/(?:replied|reply).{0,20}not found|MESSAGE_ID_INVALID/i, NO_REPLY_TARGET, "the message to reply to does not exist"],
  // This pattern precedes those for links, because a button can also have an invalid URL.
  [/BUTTON_|inline keyboard|reply markup|REPLY_MARKUP/i, "bad_keyboard", "Telegram rejects the keyboard"],
  [/failed to get HTTP URL content/i, LINK_REJECTED, "Telegram cannot fetch the link"],
  [/wrong HTTP URL|wrong file identifier\/HTTP URL/i, LINK_REJECTED, "Telegram rejects the link or the file id"],
  [/wrong type of the web ?page content/i, LINK_REJECTED, "the link leads to another type of file"],
  [/WEBPAGE_|EXTERNAL_URL_INVALID|URL host is empty/i, LINK_REJECTED, "Telegram cannot fetch the link"],
  [/temporarily unavailable/i, FILE_BUSY, "Telegram does not return the file"],
  [/wrong (?:remote )?file.{0,3}id|invalid file.{0,3}id|FILE_REFERENCE/i, "bad_file_id", "the file does not exist"],
  [/(?:can't use|type of).{0,40}file|group send failed/i, "wrong_kind_of_file", "the file has another type"],
  [/file is too big|FILE_PARTS_INVALID/i, "too_large", "the file is larger than Telegram's limit"],
  [/file must be non-empty/i, "empty_file", "the file is empty"],
  [/PHOTO_|IMAGE_PROCESS_FAILED|MEDIA_(?:EMPTY|INVALID)/i, "bad_media", "Telegram cannot read the image or file"],
  [
    /(?:message|caption) is too long|(?:MESSAGE|CAPTION)_TOO_LONG/i,
    "too_long",
    "the text is longer than Telegram's limit",
  ],
  [/text is empty|MESSAGE_EMPTY/i, "empty_text", "the text is empty"],
  [/BUSINESS_|business connection/i, "business", "the business account does not allow the bot to write in this chat"],
  [/rights|CHAT_(?:WRITE|SEND|ADMIN)\w*|CHAT_RESTRICTED/i, "no_rights", "the bot may not send this in the chat"],
  [/TOPIC_(?:CLOSED|DELETED)|message thread not found/i, "no_topic", "the chat's topic is closed"],
  [/query is too old|query ID is invalid|QUERY_ID_INVALID/i, QUERY_TOO_OLD, "the callback query has expired"],
  [/message is not modified|MESSAGE_NOT_MODIFIED/i, NOT_MODIFIED, "the message is unchanged"],
  [/upgraded to a supergroup/i, "migrated", "the group has become a supergroup"],
];

/** The meaning of an error description; undefined if it is unknown. */
export function meaningOf(description: string): Meaning | undefined {
  const [, code, message] = DESCRIPTIONS.find(([pattern]) => pattern.test(description)) ?? [];
  return code === undefined || message === undefined ? undefined : { code, message };
}
