/** The chat takes no messages from the bot any more; the conversation is marked by this code. */
const UNREACHABLE = "unreachable";
/** The text is not what its parse mode asks for. Nothing was sent. */
export const BAD_ENTITIES = "bad_entities";
/** There is no message to reply to. */
export const NO_REPLY_TARGET = "no_reply_target";
/** Telegram cannot fetch a link, or takes no file of its kind or size by link. */
export const LINK_REFUSED = "link_refused";
/** A callback query that nobody waits for any more. */
export const QUERY_TOO_OLD = "query_too_old";
/** What was asked for is so already. */
export const NOT_MODIFIED = "not_modified";
/** Telegram cannot give the file just now, or never: it does not tell which. */
export const FILE_BUSY = "file_unavailable";

/** A refusal in our own words. */
type Meaning = { code: string; words: string };

/**
 * Telegram's descriptions of refusals, which are published nowhere: some are sentences of the Bot API server
 * (https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp), some names of the layer below
 * (https://core.telegram.org/api/errors). The first that fits decides.
 */
const DESCRIPTIONS: readonly (readonly [says: RegExp, code: string, words: string])[] = [
  [/bot was blocked by the user|USER_IS_BLOCKED/i, UNREACHABLE, "the user has blocked the bot"],
  [/user is deactivated|USER_DEACTIVATED/i, UNREACHABLE, "the user's account is no more"],
  [/bot was kicked/i, UNREACHABLE, "the bot was put out of the chat"],
  [/bot is not a (?:channel )?member/i, UNREACHABLE, "the bot is not in the chat"],
  [/group chat was (?:deleted|deactivated)/i, UNREACHABLE, "the group is no more"],
  [/bot can't initiate conversation/i, UNREACHABLE, "the user has never written to the bot"],
  [/bots? can't send messages to (?:bots|the bot)/i, "to_a_bot", "a bot cannot write to a bot"],
  [/chat not found|PEER_ID_INVALID/i, "chat_not_found", "Telegram knows no such chat, or not for this bot"],
  [/can't parse (?:message |caption )?entities/i, BAD_ENTITIES, "the text does not parse in its parse mode"],
  [/(?:replied|reply).{0,20}not found|MESSAGE_ID_INVALID/i, NO_REPLY_TARGET, "there is no message to reply to"],
  // Before links: a button's URL may be wrong too.
  [/BUTTON_|inline keyboard|reply markup|REPLY_MARKUP/i, "bad_keyboard", "Telegram does not take the keyboard"],
  [/failed to get HTTP URL content/i, LINK_REFUSED, "Telegram cannot fetch the link"],
  [/wrong HTTP URL|wrong file identifier\/HTTP URL/i, LINK_REFUSED, "Telegram does not take the link or the file id"],
  [/wrong type of the web ?page content/i, LINK_REFUSED, "the link gives another kind of file"],
  [/WEBPAGE_|EXTERNAL_URL_INVALID|URL host is empty/i, LINK_REFUSED, "Telegram cannot fetch the link"],
  [/temporarily unavailable/i, FILE_BUSY, "Telegram does not give the file"],
  [/wrong (?:remote )?file.{0,3}id|invalid file.{0,3}id|FILE_REFERENCE/i, "bad_file_id", "Telegram knows no such file"],
  [/(?:can't use|type of).{0,40}file|group send failed/i, "wrong_kind_of_file", "the file is of another kind"],
  [/file is too big|FILE_PARTS_INVALID/i, "too_large", "the file is larger than Telegram takes or gives"],
  [/file must be non-empty/i, "empty_file", "the file is empty"],
  [/PHOTO_|IMAGE_PROCESS_FAILED|MEDIA_(?:EMPTY|INVALID)/i, "bad_media", "Telegram cannot read the picture or file"],
  [
    /(?:message|caption) is too long|(?:MESSAGE|CAPTION)_TOO_LONG/i,
    "too_long",
    "the text is longer than Telegram takes",
  ],
  [/text is empty|MESSAGE_EMPTY/i, "empty_text", "the text is empty"],
  [/BUSINESS_|business connection/i, "business", "the business account does not let the bot write in this chat"],
  [/rights|CHAT_(?:WRITE|SEND|ADMIN)\w*|CHAT_RESTRICTED/i, "no_rights", "the bot may not send this in the chat"],
  [/TOPIC_(?:CLOSED|DELETED)|message thread not found/i, "no_topic", "the chat's topic is closed"],
  [/query is too old|query ID is invalid|QUERY_ID_INVALID/i, QUERY_TOO_OLD, "nobody waits for the callback any more"],
  [/message is not modified|MESSAGE_NOT_MODIFIED/i, NOT_MODIFIED, "nothing was to be changed"],
  [/upgraded to a supergroup/i, "migrated", "the group has become a supergroup"],
];

/** What a description means; undefined where we do not know it. */
export function meaningOf(description: string): Meaning | undefined {
  const [, code, words] = DESCRIPTIONS.find(([says]) => says.test(description)) ?? [];
  return code === undefined || words === undefined ? undefined : { code, words };
}
