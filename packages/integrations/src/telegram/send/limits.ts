import type { OutgoingMessage, RateLimit } from "@millrace/core";
import { botScope, chatScope } from "../api/scopes.ts";
import { parseAccountId } from "../chat-address.ts";

/** The number of messages that one chat can get at once, so that an answer in two or three parts does not wait. */
const CHAT_BURST = 3;
/** A minute that begins with a burst of 3 has room for 17 intervals: 3 + 17 = 20 messages. */
const GROUP_INTERVAL_MS = Math.ceil(60_000 / (20 - CHAT_BURST + 1));

/**
 * Telegram's rate limits, which are documented only as guidance: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
 *
 * | scope | Telegram's limit | burst | interval | send times of an answer in 5 parts |
 * | --- | --- | --- | --- | --- |
 * | a person's chat, a channel | 1 per s, short bursts allowed | 3 | 1,000 ms | 0, 0, 0, 1, 2 s |
 * | a group | 20 per min | 3 | 3,334 ms | 0, 0, 0, 3.3, 6.7 s |
 * | a bot, at 30 per s | 30 per s | 1 | 41.7 ms | |
 *
 * Only a chat may exceed its limit, by the burst that Telegram allows. Groups and bots stay within their limits in every
 * minute and second. A bot uses four fifths of its limit, because messages can be sent in one second and arrive in the
 * next: at 30 per second, 1 + 24 are sent, and 1 + 24 * 1.2 = 29.8 arrive if some take 200 ms longer than others.
 */
export function telegramLimits(
  { accountId, conversationId, kind }: Pick<OutgoingMessage, "accountId" | "conversationId" | "kind">,
  messagesPerSecond: number,
): RateLimit[] {
  const { bot } = parseAccountId(accountId);
  const intervalMs = kind === "group" ? GROUP_INTERVAL_MS : 1000;
  return [
    { scope: chatScope(bot, conversationId), intervalMs, burst: CHAT_BURST },
    { scope: botScope(bot), intervalMs: 1000 / (messagesPerSecond * 0.8), burst: 1 },
  ];
}
