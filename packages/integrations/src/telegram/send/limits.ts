import type { OutgoingMessage, RateLimit } from "@millrace/core";
import { botScope, chatScope } from "../api/scopes.ts";
import { readAccount } from "../chat-address.ts";

/** How many messages may leave for one chat at once: an answer in two or three parts is not held up. */
const CHAT_BURST = 3;
/** A minute that begins with such a burst holds one more for each interval that ends in it: 3 + 17 = 20. */
const GROUP_INTERVAL_MS = Math.ceil(60_000 / (20 - CHAT_BURST + 1));

/**
 * Telegram's limits, of which it tells only as guidance: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
 *
 * | scope | Telegram | at once | then one per | an answer in 5 parts leaves at |
 * | --- | --- | --- | --- | --- |
 * | a person's chat, a channel | 1 per s, short bursts let pass | 3 | 1,000 ms | 0, 0, 0, 1, 2 s |
 * | a group | 20 per min | 3 | 3,334 ms | 0, 0, 0, 3.3, 6.7 s |
 * | a bot, at 30 per s | 30 per s | 1 | 41.7 ms | |
 *
 * Only a chat may exceed its figure, by the burst that Telegram lets pass; groups and bots stay within theirs in every
 * minute and second. A bot keeps a fifth of its second for messages that leave in one and arrive in the next: at 30 a
 * second, 1 + 24 leave in a second and 1 + 24 * 1.2 = 29.8 arrive in one, though some take 200 ms longer than others.
 */
export function telegramLimits(
  { accountId, conversationId, kind }: Pick<OutgoingMessage, "accountId" | "conversationId" | "kind">,
  messagesPerSecond: number,
): RateLimit[] {
  const { bot } = readAccount(accountId);
  const intervalMs = kind === "group" ? GROUP_INTERVAL_MS : 1000;
  return [
    { scope: chatScope(bot, conversationId), intervalMs, burst: CHAT_BURST },
    { scope: botScope(bot), intervalMs: 1000 / (messagesPerSecond * 0.8), burst: 1 },
  ];
}
