import type { OutgoingMessage, RateLimit } from "@millrace/core";
import { conversationScope, numberScope } from "../api/scopes.ts";

/** One message in 6 s to the same person, with up to 45 borrowed from the future: https://developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform */
const PAIR_INTERVAL_MS = 6000;
/** One less than WhatsApp lets pass: the first can take longer to arrive than the last, which is too early then. */
const PAIR_BURST = 44;

/**
 * The limits that a message counts for.
 *
 * A number's is per second, and counts what comes in, too. It gets four fifths of it as its pace and a fortieth as its
 * burst; the rest is for messages that leave in one second and arrive in the next, because some take longer than others.
 *
 * | a second | pace          | burst | most that leave in any second | that arrive, when some take 150 ms longer |
 * | -------- | ------------- | ----- | ----------------------------- | ----------------------------------------- |
 * | 20       | 1 in 62.5 ms  | 1     | 1 + 16 = 17                   | 19                                        |
 * | 80       | 1 in 15.6 ms  | 2     | 2 + 64 = 66                   | 76                                        |
 * | 1000     | 1 in 1.25 ms  | 25    | 25 + 800 = 825                | 945                                       |
 *
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
 */
export function whatsappLimits(
  { accountId, conversationId }: Pick<OutgoingMessage, "accountId" | "conversationId">,
  messagesPerSecond: number,
): RateLimit[] {
  return [
    {
      scope: numberScope(accountId),
      intervalMs: 1000 / (messagesPerSecond * 0.8),
      burst: Math.max(1, Math.floor(messagesPerSecond / 40)),
    },
    { scope: conversationScope(accountId, conversationId), intervalMs: PAIR_INTERVAL_MS, burst: PAIR_BURST },
  ];
}
